-- Vectors stay in the row: TOAST would cost a second look-up for each one that an exact search reads.
ALTER TABLE "passage_vectors" ALTER COLUMN "embedding" SET STORAGE PLAIN;
