/** What of a document is found by itself. */
import type { PassageToIndex } from '../knowledge/knowledge.ts'
import type { SourceKind } from '../sources/tables.ts'
import type { Reader } from './reader.ts'

/** The answer to a question stays whole. */
export async function passagesOf(
  reader: Pick<Reader, 'chunk'>,
  kind: SourceKind,
  markdown: string,
): Promise<PassageToIndex[]> {
  const passages = await reader.chunk(markdown)
  if (kind !== 'qa') return passages
  return [{ headings: [], text: markdown, tokens: passages.reduce((sum, { tokens }) => sum + tokens, 0) }]
}
