import {
  bigint,
  boolean,
  customType,
  doublePrecision,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  unique,
  uuid,
} from 'drizzle-orm/pg-core'
import { bots } from '../bots/tables.ts'
import { bytea, halfvec } from '../platform/db/columns.ts'
import type { BotId, PageId, WorkspaceId } from '../platform/id.ts'
import type { Analysis } from '../platform/text/analysis.ts'
import { pages } from '../sources/tables.ts'

/** What vectors can be compared with each other: the same model, and text made ready for it in the same way. */
export const embeddingSpaces = pgTable(
  'embedding_spaces',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    provider: text().notNull(),
    model: text().notNull(),
    dimensions: integer().notNull(),
    /** How a passage becomes the texts that are embedded, such as `windows-1`. */
    preparation: text().notNull(),
  },
  (table) => [unique('embedding_spaces_key').on(table.provider, table.model, table.dimensions, table.preparation)],
)

export interface LexiconTotals {
  passages: number
  /** Sum of the passages' lengths in terms. */
  length: number
}

/** The state of a bot's index. Whoever changes the index locks this row first, so that no posting or count is lost. */
export const botIndexes = pgTable(
  'bot_indexes',
  {
    workspaceId: uuid('workspace_id').$type<WorkspaceId>().notNull(),
    botId: uuid('bot_id').$type<BotId>().notNull(),
    /** The space that search compares in; null until the first passage is there. */
    spaceId: integer('space_id').references(() => embeddingSpaces.id),
    /** The space in which the bot has a vector index of its own (`vector-index.ts`); null where search is exact. */
    indexedSpaceId: integer('indexed_space_id'),
    /** Grows with every change. */
    version: bigint({ mode: 'number' }).notNull().default(0),
    /** The version of `analysis.ts` that made the postings. */
    analysisVersion: integer('analysis_version').notNull(),
    nextSlot: integer('next_slot').notNull().default(0),
    lexicon: jsonb().$type<Partial<Record<Analysis, LexiconTotals>>>().notNull().default({}),
    /** Fused and lexical scores under which a question counts as unanswerable; null until calibrated. */
    lowFused: doublePrecision('low_fused'),
    lowLexical: doublePrecision('low_lexical'),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.botId] }),
    foreignKey({ columns: [table.workspaceId, table.botId], foreignColumns: [bots.workspaceId, bots.id] }).onDelete(
      'cascade',
    ),
  ],
)

export const passages = pgTable(
  'passages',
  {
    workspaceId: uuid('workspace_id').$type<WorkspaceId>().notNull(),
    botId: uuid('bot_id').$type<BotId>().notNull(),
    id: bigint({ mode: 'number' }).notNull().generatedAlwaysAsIdentity(),
    pageId: uuid('page_id').$type<PageId>().notNull(),
    /** From 0, in the order of the page. */
    position: integer().notNull(),
    /** The page's title when it was indexed: it is part of what was embedded and of the postings. */
    title: text().notNull(),
    /** From the outermost to the innermost. */
    headings: text().array().notNull(),
    text: text().notNull(),
    /** Of a PDF the page that it begins on, from 1. */
    page: integer(),
    /** Where in the text the pages after that one begin. */
    pageStarts: integer('page_starts').array().notNull().default([]),
    /** An owner's answer to the question that is its title: it is found by the question alone. */
    isPair: boolean('is_pair').notNull().default(false),
    tokens: integer().notNull(),
    analysis: text().$type<Analysis>().notNull(),
    /** Its place in the postings; counted by bot, never used twice. */
    slot: integer().notNull(),
    /** In terms. */
    length: integer().notNull(),
    /** SHA-256 of title, headings and text, as hex: what is equal is embedded once. */
    contentHash: text('content_hash').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.botId, table.id] }),
    unique('passages_slot').on(table.workspaceId, table.botId, table.slot),
    index('passages_page').on(table.workspaceId, table.botId, table.pageId),
    index('passages_content').on(table.workspaceId, table.botId, table.contentHash),
    foreignKey({
      columns: [table.workspaceId, table.botId, table.pageId],
      foreignColumns: [pages.workspaceId, pages.botId, pages.id],
    }).onDelete('cascade'),
  ],
)

/** A passage's vectors: part 0 is the whole of it, 1 and on are windows of a long one. */
export const passageVectors = pgTable(
  'passage_vectors',
  {
    workspaceId: uuid('workspace_id').$type<WorkspaceId>().notNull(),
    botId: uuid('bot_id').$type<BotId>().notNull(),
    spaceId: integer('space_id')
      .notNull()
      .references(() => embeddingSpaces.id),
    passageId: bigint('passage_id', { mode: 'number' }).notNull(),
    part: smallint().notNull(),
    embedding: halfvec().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.botId, table.spaceId, table.passageId, table.part] }),
    index('passage_vectors_passage').on(table.workspaceId, table.botId, table.passageId),
    foreignKey({
      columns: [table.workspaceId, table.botId, table.passageId],
      foreignColumns: [passages.workspaceId, passages.botId, passages.id],
    }).onDelete('cascade'),
  ],
)

/** Compared by bytes: half the cost of comparing by language. */
const term = customType<{ data: string }>({ dataType: () => 'text collate "C"' })

/** Which passages hold a term, and how often: a row a term and block of 256 slots, three bytes a passage (`postings.ts`). */
export const postings = pgTable(
  'postings',
  {
    workspaceId: uuid('workspace_id').$type<WorkspaceId>().notNull(),
    botId: uuid('bot_id').$type<BotId>().notNull(),
    term: term().notNull(),
    block: integer().notNull(),
    entries: bytea().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.botId, table.term, table.block] }),
    foreignKey({ columns: [table.workspaceId, table.botId], foreignColumns: [bots.workspaceId, bots.id] }).onDelete(
      'cascade',
    ),
  ],
)
