ALTER TABLE "turns" ADD COLUMN "trace" jsonb;--> statement-breakpoint
ALTER TABLE "passages" ADD COLUMN "is_pair" boolean DEFAULT false NOT NULL;