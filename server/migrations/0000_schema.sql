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
	"error_code" text,
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
ALTER TABLE "holds" ADD CONSTRAINT "holds_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "usage_months" ADD CONSTRAINT "usage_months_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "pages" ADD CONSTRAINT "pages_workspace_id_bot_id_source_id_sources_workspace_id_bot_id_id_fk" FOREIGN KEY ("workspace_id","bot_id","source_id") REFERENCES "public"."sources"("workspace_id","bot_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sources" ADD CONSTRAINT "sources_workspace_id_bot_id_bots_workspace_id_id_fk" FOREIGN KEY ("workspace_id","bot_id") REFERENCES "public"."bots"("workspace_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "members" ADD CONSTRAINT "members_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "members" ADD CONSTRAINT "members_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "sessions_by_session_id" ON "sessions" USING btree ("workspace_id","session_id");--> statement-breakpoint
CREATE UNIQUE INDEX "turns_one_at_a_time" ON "turns" USING btree ("workspace_id","bot_id","session_id") WHERE ended_at is null;--> statement-breakpoint
CREATE INDEX "turns_open" ON "turns" USING btree ("lease_until") WHERE ended_at is null;--> statement-breakpoint
CREATE INDEX "keys_bot" ON "keys" USING btree ("workspace_id","bot_id");--> statement-breakpoint
CREATE INDEX "holds_expiry" ON "holds" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "pages_source" ON "pages" USING btree ("workspace_id","bot_id","source_id");--> statement-breakpoint
CREATE INDEX "members_user" ON "members" USING btree ("user_id");