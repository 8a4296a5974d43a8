DROP INDEX "turns_words";--> statement-breakpoint
CREATE INDEX "turns_words" ON "turns" USING gin (to_tsvector('simple', left(question || ' ' || answer, 100000))) WHERE ended_at is not null;