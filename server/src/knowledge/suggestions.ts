/** Questions for an owner to begin with, from what stands in the pages: no model is asked. */
import { sql } from 'drizzle-orm'
import type { Db } from '../platform/db/db.ts'
import type { BotId, WorkspaceId } from '../platform/id.ts'

const count = 5
/** Looked at; questions among them come first. */
const considered = 400

interface Heading {
  heading: string
  title: string
  isPair: boolean
}

/** Headings that are questions already, else a question after the heading of a passage; each of another page where there are enough. */
export async function suggestQuestions({ db }: { db: Db }, workspaceId: WorkspaceId, botId: BotId): Promise<string[]> {
  const { rows } = await db.execute<Heading & Record<string, unknown>>(sql`
    select coalesce(p.headings[cardinality(p.headings)], g.title) as heading, g.title, p.is_pair as "isPair"
    from passages p
    join pages g on g.workspace_id = p.workspace_id and g.bot_id = p.bot_id and g.id = p.page_id
    where p.workspace_id = ${workspaceId} and p.bot_id = ${botId} and length(p.text) > 60
    order by p.position, p.id limit ${considered}`)
  const asked = rows.filter(({ heading, isPair }) => isPair || isQuestion(heading)).map(({ heading }) => heading.trim())
  const made = rows
    .filter(({ heading }) => !isQuestion(heading) && isTelling(heading))
    .map(({ heading }) => `What do you say about “${heading.trim()}”?`)
  return [...new Set([...asked, ...made])].slice(0, count)
}

function isQuestion(heading: string): boolean {
  return /[?？]\s*$/.test(heading) && heading.length <= 120
}

/** Long enough to ask about, and no mere number or date. */
function isTelling(heading: string): boolean {
  return heading.length >= 4 && heading.length <= 60 && /\p{L}{4}/u.test(heading)
}
