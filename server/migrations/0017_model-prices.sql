CREATE TABLE "model_prices" (
	"workspace_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"model" text NOT NULL,
	"input" numeric(15, 6) NOT NULL,
	"output" numeric(15, 6) NOT NULL,
	"currency" text NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "model_prices_workspace_id_id_pk" PRIMARY KEY("workspace_id","id"),
	CONSTRAINT "model_prices_by_model" UNIQUE("workspace_id","model")
);
--> statement-breakpoint
ALTER TABLE "model_prices" ADD CONSTRAINT "model_prices_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;