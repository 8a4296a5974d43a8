CREATE TABLE "bots" (
	"workspace_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"name" text NOT NULL,
	"avatar_url" text,
	"instructions" text DEFAULT '' NOT NULL,
	"chat_model" text,
	"temperature" double precision,
	"max_output_tokens" integer DEFAULT 1024 NOT NULL,
	"unknown_answer" text,
	"moderation_patterns" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"moderation_fallback" text,
	"theme" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"greeting" text,
	"suggested_questions" jsonb,
	"shows_citations" boolean DEFAULT true NOT NULL,
	"locale" text,
	"words" jsonb,
	"is_enabled" boolean DEFAULT true NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"deleted_at" timestamp with time zone,
	CONSTRAINT "bots_workspace_id_id_pk" PRIMARY KEY("workspace_id","id"),
	CONSTRAINT "bots_id" UNIQUE("id")
);
--> statement-breakpoint
CREATE TABLE "sessions" (
	"workspace_id" uuid NOT NULL,
	"bot_id" uuid NOT NULL,
	"session_id" uuid NOT NULL,
	"visitor_id" text,
	"visitor_metadata" jsonb,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_turn_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "sessions_workspace_id_bot_id_session_id_pk" PRIMARY KEY("workspace_id","bot_id","session_id")
);
--> statement-breakpoint
CREATE TABLE "turns" (
	"workspace_id" uuid NOT NULL,
	"bot_id" uuid NOT NULL,
	"session_id" uuid NOT NULL,
	"id" bigint NOT NULL,
	"question_id" bigserial NOT NULL,
	"question" text NOT NULL,
	"answer" text DEFAULT '' NOT NULL,
	"token_ends" integer[] DEFAULT '{}' NOT NULL,
	"citations" jsonb,
	"finish_reason" text,
	"error" jsonb,
	"key_id" uuid,
	"user_id" uuid,
	"idempotency_key" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp with time zone,
	"lease_until" timestamp with time zone NOT NULL,
	"stop_requested_at" timestamp with time zone,
	CONSTRAINT "turns_workspace_id_bot_id_session_id_id_pk" PRIMARY KEY("workspace_id","bot_id","session_id","id"),
	CONSTRAINT "turns_id" UNIQUE("id")
);
--> statement-breakpoint
CREATE TABLE "user_identities" (
	"issuer" text NOT NULL,
	"subject" text NOT NULL,
	"user_id" uuid NOT NULL,
	CONSTRAINT "user_identities_issuer_subject_pk" PRIMARY KEY("issuer","subject")
);
--> statement-breakpoint
CREATE TABLE "users" (
	"id" uuid PRIMARY KEY NOT NULL,
	"email" text,
	"name" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"deleted_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "keys" (
	"workspace_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"bot_id" uuid NOT NULL,
	"name" text NOT NULL,
	"public_key" text NOT NULL,
	"domains" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_used_at" timestamp with time zone,
	"revoked_at" timestamp with time zone,
	CONSTRAINT "keys_workspace_id_id_pk" PRIMARY KEY("workspace_id","id"),
	CONSTRAINT "keys_public_key" UNIQUE("public_key")
);
--> statement-breakpoint
CREATE TABLE "bot_indexes" (
	"workspace_id" uuid NOT NULL,
	"bot_id" uuid NOT NULL,
	"space_id" integer,
	"version" bigint DEFAULT 0 NOT NULL,
	"analysis_version" integer NOT NULL,
	"next_slot" integer DEFAULT 0 NOT NULL,
	"lexicon" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"low_fused" double precision,
	"low_lexical" double precision,
	CONSTRAINT "bot_indexes_workspace_id_bot_id_pk" PRIMARY KEY("workspace_id","bot_id")
);
--> statement-breakpoint
CREATE TABLE "embedding_spaces" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "embedding_spaces_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"provider" text NOT NULL,
	"model" text NOT NULL,
	"dimensions" integer NOT NULL,
	"preparation" text NOT NULL,
	CONSTRAINT "embedding_spaces_key" UNIQUE("provider","model","dimensions","preparation")
);
--> statement-breakpoint
CREATE TABLE "passage_vectors" (
	"workspace_id" uuid NOT NULL,
	"bot_id" uuid NOT NULL,
	"space_id" integer NOT NULL,
	"passage_id" bigint NOT NULL,
	"part" smallint NOT NULL,
	"embedding" halfvec NOT NULL,
	CONSTRAINT "passage_vectors_workspace_id_bot_id_space_id_passage_id_part_pk" PRIMARY KEY("workspace_id","bot_id","space_id","passage_id","part")
);
--> statement-breakpoint
CREATE TABLE "passages" (
	"workspace_id" uuid NOT NULL,
	"bot_id" uuid NOT NULL,
	"id" bigint GENERATED ALWAYS AS IDENTITY (sequence name "passages_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"page_id" uuid NOT NULL,
	"position" integer NOT NULL,
	"title" text NOT NULL,
	"headings" text[] NOT NULL,
	"text" text NOT NULL,
	"tokens" integer NOT NULL,
	"analysis" text NOT NULL,
	"slot" integer NOT NULL,
	"length" integer NOT NULL,
	"content_hash" text NOT NULL,
	CONSTRAINT "passages_workspace_id_bot_id_id_pk" PRIMARY KEY("workspace_id","bot_id","id"),
	CONSTRAINT "passages_slot" UNIQUE("workspace_id","bot_id","slot")
);
--> statement-breakpoint
CREATE TABLE "postings" (
	"workspace_id" uuid NOT NULL,
	"bot_id" uuid NOT NULL,
	"term" text collate "C" NOT NULL,
	"block" integer NOT NULL,
	"entries" "bytea" NOT NULL,
	CONSTRAINT "postings_workspace_id_bot_id_term_block_pk" PRIMARY KEY("workspace_id","bot_id","term","block")
);
--> statement-breakpoint
CREATE TABLE "holds" (
	"workspace_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"month" date NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	CONSTRAINT "holds_workspace_id_id_pk" PRIMARY KEY("workspace_id","id")
);
--> statement-breakpoint
CREATE TABLE "usage_months" (
	"workspace_id" uuid NOT NULL,
	"month" date NOT NULL,
	"used" integer DEFAULT 0 NOT NULL,
	"reserved" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "usage_months_workspace_id_month_pk" PRIMARY KEY("workspace_id","month")
);
--> statement-breakpoint
CREATE TABLE "pages" (
	"workspace_id" uuid NOT NULL,
	"bot_id" uuid NOT NULL,
	"source_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"url" text,
	"title" text DEFAULT '' NOT NULL,
	"language" text,
	"state" text DEFAULT 'queued' NOT NULL,
	"reason" text,
	"markdown" text,
	"content_hash" text,
	"bytes" bigint,
	"http_status" integer,
	"etag" text,
	"last_modified" text,
	"fetched_at" timestamp with time zone,
	CONSTRAINT "pages_workspace_id_bot_id_id_pk" PRIMARY KEY("workspace_id","bot_id","id"),
	CONSTRAINT "pages_source_url" UNIQUE NULLS NOT DISTINCT("workspace_id","bot_id","source_id","url")
);
--> statement-breakpoint
CREATE TABLE "sources" (
	"workspace_id" uuid NOT NULL,
	"bot_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"kind" text NOT NULL,
	"title" text,
	"url" text,
	"content" text,
	"state" text DEFAULT 'queued' NOT NULL,
	"reason" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"synced_at" timestamp with time zone,
	CONSTRAINT "sources_workspace_id_bot_id_id_pk" PRIMARY KEY("workspace_id","bot_id","id")
);
--> statement-breakpoint
CREATE TABLE "members" (
	"workspace_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"role" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "members_workspace_id_user_id_pk" PRIMARY KEY("workspace_id","user_id")
);
--> statement-breakpoint
CREATE TABLE "workspaces" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"plan" text DEFAULT 'free' NOT NULL,
	"suspended_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "bots" ADD CONSTRAINT "bots_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_workspace_id_bot_id_bots_workspace_id_id_fk" FOREIGN KEY ("workspace_id","bot_id") REFERENCES "public"."bots"("workspace_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "turns" ADD CONSTRAINT "turns_workspace_id_bot_id_session_id_sessions_workspace_id_bot_id_session_id_fk" FOREIGN KEY ("workspace_id","bot_id","session_id") REFERENCES "public"."sessions"("workspace_id","bot_id","session_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "user_identities" ADD CONSTRAINT "user_identities_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "keys" ADD CONSTRAINT "keys_workspace_id_bot_id_bots_workspace_id_id_fk" FOREIGN KEY ("workspace_id","bot_id") REFERENCES "public"."bots"("workspace_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "bot_indexes" ADD CONSTRAINT "bot_indexes_space_id_embedding_spaces_id_fk" FOREIGN KEY ("space_id") REFERENCES "public"."embedding_spaces"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "bot_indexes" ADD CONSTRAINT "bot_indexes_workspace_id_bot_id_bots_workspace_id_id_fk" FOREIGN KEY ("workspace_id","bot_id") REFERENCES "public"."bots"("workspace_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "passage_vectors" ADD CONSTRAINT "passage_vectors_space_id_embedding_spaces_id_fk" FOREIGN KEY ("space_id") REFERENCES "public"."embedding_spaces"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "passage_vectors" ADD CONSTRAINT "passage_vectors_workspace_id_bot_id_passage_id_passages_workspace_id_bot_id_id_fk" FOREIGN KEY ("workspace_id","bot_id","passage_id") REFERENCES "public"."passages"("workspace_id","bot_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "passages" ADD CONSTRAINT "passages_workspace_id_bot_id_page_id_pages_workspace_id_bot_id_id_fk" FOREIGN KEY ("workspace_id","bot_id","page_id") REFERENCES "public"."pages"("workspace_id","bot_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "postings" ADD CONSTRAINT "postings_workspace_id_bot_id_bots_workspace_id_id_fk" FOREIGN KEY ("workspace_id","bot_id") REFERENCES "public"."bots"("workspace_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "holds" ADD CONSTRAINT "holds_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "usage_months" ADD CONSTRAINT "usage_months_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "pages" ADD CONSTRAINT "pages_workspace_id_bot_id_source_id_sources_workspace_id_bot_id_id_fk" FOREIGN KEY ("workspace_id","bot_id","source_id") REFERENCES "public"."sources"("workspace_id","bot_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sources" ADD CONSTRAINT "sources_workspace_id_bot_id_bots_workspace_id_id_fk" FOREIGN KEY ("workspace_id","bot_id") REFERENCES "public"."bots"("workspace_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "members" ADD CONSTRAINT "members_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "members" ADD CONSTRAINT "members_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "sessions_by_session_id" ON "sessions" USING btree ("workspace_id","session_id");--> statement-breakpoint
CREATE UNIQUE INDEX "turns_one_at_a_time" ON "turns" USING btree ("workspace_id","bot_id","session_id") WHERE ended_at is null;--> statement-breakpoint
CREATE UNIQUE INDEX "turns_idempotency_key" ON "turns" USING btree ("workspace_id","bot_id","session_id","key_id","idempotency_key") WHERE idempotency_key is not null and (finish_reason is null or finish_reason in ('stop', 'length', 'blocked'));--> statement-breakpoint
CREATE INDEX "turns_open" ON "turns" USING btree ("lease_until") WHERE ended_at is null;--> statement-breakpoint
CREATE INDEX "keys_bot" ON "keys" USING btree ("workspace_id","bot_id");--> statement-breakpoint
CREATE INDEX "passage_vectors_passage" ON "passage_vectors" USING btree ("workspace_id","bot_id","passage_id");--> statement-breakpoint
CREATE INDEX "passages_page" ON "passages" USING btree ("workspace_id","bot_id","page_id");--> statement-breakpoint
CREATE INDEX "passages_content" ON "passages" USING btree ("workspace_id","bot_id","content_hash");--> statement-breakpoint
CREATE INDEX "holds_expiry" ON "holds" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "members_user" ON "members" USING btree ("user_id");