/** What must hold of the answers to a case: what the case says, and what holds of every request. */
import type { StreamEvent } from '../../server/testing/http.ts'
import type { Case, Expanded } from './expand.ts'
import type { Answer } from './send.ts'

/** What a case left behind, as the difference between before and after. */
export interface Traces {
  sessions: number
  turns: number
  /** The newest `message_id` there was before: what is sent again of older ones is nothing new. */
  lastId: number
  used: number
  reserved: number
  /** The messages of each call that the model server got, oldest first. */
  prompts: { role: string; content: string }[][]
  /** Lines that the server logged. */
  lines: string[]
  /** By `message_id`. */
  stored: Map<number, { question: string; visitorId: string | null }>
}

export interface Rules {
  promptCanary: string
  historyCanaries: string[]
  /** The answer to an unknown key: every refused key is answered alike. */
  refusedKey: Answer
}

export interface Exchange {
  sent: Expanded
  got: Answer
}

/** Each problem in words; none is a case that passed. */
export function judge(one: Case, exchanges: Exchange[], traces: Traces, rules: Rules): string[] {
  const last = exchanges.at(-1)
  if (!last) return ['nothing was sent']
  return [
    ...expected(one, last.got),
    ...exchanges.flatMap(({ sent, got }) => [...answered(one, sent, got, rules), ...streamed(got)]),
    ...traced(exchanges, traces, rules),
  ]
}

function expected({ expect }: Case, got: Answer): string[] {
  const { errorCode, property = '' } = expect
  const problems: string[] = []
  const statuses = [expect.status].flat()
  if (!statuses.includes(got.status)) problems.push(`status ${got.status} instead of ${statuses.join(' or ')}`)
  const code = codeOf(got)
  // A case that allows several statuses names the code of one of them.
  if (errorCode && statuses.length === 1 && got.body !== '' && code !== errorCode) {
    problems.push(`code ${code} instead of ${errorCode}`)
  }
  const codes = /errorCode in \[([^\]]+)\]/.exec(property)?.[1]?.split(/,\s*/)
  if (codes && (!code || !codes.includes(code))) problems.push(`code ${code} instead of one of ${codes.join(', ')}`)
  const allow = /^Allow: (.+)$/.exec(property)?.[1]
  if (allow && got.headers.allow !== allow) problems.push(`Allow: ${got.headers.allow} instead of ${allow}`)
  if (/connection is closed/.test(property)) {
    if (got.responses !== 1) problems.push(`${got.responses} responses instead of one`)
    if (!got.isClosed) problems.push('the connection stays open')
  }
  return problems
}

function answered({ endpoint }: Case, sent: Expanded, got: Answer, rules: Rules): string[] {
  const { status, headers } = got
  const problems: string[] = []
  const say = (isWrong: boolean, problem: string) => void (isWrong && problems.push(problem))
  const code = codeOf(got)
  say(status >= 500, `status ${status}`)
  say(got.body.includes(rules.promptCanary), 'the answer holds the canary of the system prompt')
  say(/\n\s+at |node_modules|select .* from /i.test(status >= 400 ? got.body : ''), 'the error tells of the inside')
  if (isPublic(sent.path)) {
    say(headers['access-control-allow-origin'] !== '*', 'no Access-Control-Allow-Origin: *')
    say(headers['access-control-allow-credentials'] !== undefined, 'Access-Control-Allow-Credentials is there')
  } else if (isOwners(sent.path)) {
    say(headers['access-control-allow-origin'] !== undefined, 'an owner’s endpoint has Access-Control-Allow-Origin')
  }
  say(status === 401 && headers['www-authenticate'] !== 'Bearer', 'no WWW-Authenticate: Bearer')
  say(status === 405 && !headers.allow, 'no Allow')
  say(status === 429 && !/^\d+$/.test(String(headers['retry-after'])), 'no Retry-After in seconds')
  if (status >= 400 && got.body !== '') {
    // A path that leads nowhere is not the export's.
    const isExport = endpoint === 'export' && code !== 'not_found' && code !== 'invalid_request'
    const wanted = JSON.stringify({ [isExport ? 'detail' : 'error']: code })
    say(!code || got.body !== wanted, `the body is ${got.body.slice(0, 100)}`)
    say(sent.method !== 'RAW' && headers['cache-control'] !== 'no-store', 'the error may be cached')
  }
  if (code === 'invalid_api_key' && endpoint === 'chat') {
    say(got.body !== rules.refusedKey.body, 'the body differs from that of an unknown key')
    say(comparable(got) !== comparable(rules.refusedKey), 'the headers differ from those of an unknown key')
  }
  return problems
}

function streamed({ status, events, headers }: Answer): string[] {
  if (status !== 200 || headers['content-type'] !== 'text/event-stream') return []
  const names = events.map(({ event }) => event)
  const problems: string[] = []
  if (names[0] !== 'meta') problems.push(`the stream begins with ${names[0]}`)
  if (names.filter((name) => name === 'done').length !== 1) problems.push(`the stream is ${names.join(' ')}`)
  if (names.at(-1) !== 'done') problems.push(`the stream ends with ${names.at(-1)}`)
  return problems
}

/** A refused request leaves nothing behind; one that is answered leaves one turn, one call of the model and one reply counted. */
function traced(exchanges: Exchange[], traces: Traces, rules: Rules): string[] {
  const turns = new Map<number, StreamEvent[]>()
  for (const { got } of exchanges) {
    const id = Number(got.events[0]?.data.message_id)
    if (id > traces.lastId) turns.set(id, got.events)
  }
  const endings = [...turns.values()].map((events) => String(events.at(-1)?.data.finish_reason))
  const counted = endings.filter((ending) => ending === 'stop' || ending === 'length').length
  const called = endings.filter((ending) => !['blocked', 'quota_exceeded'].includes(ending)).length
  const problems: string[] = []
  const same = (what: string, is: number, should: number) =>
    void (is !== should && problems.push(`${is} ${what} instead of ${should}`))
  same('turns are stored', traces.turns, turns.size)
  same('replies are counted', traces.used, counted)
  same('replies stay reserved', traces.reserved, 0)
  same('calls of the model were made', traces.prompts.length, called)
  if (traces.sessions > turns.size) problems.push(`${traces.sessions} conversations for ${turns.size} turns`)
  for (const [at, { sent, got }] of exchanges.entries()) {
    const turn = traces.stored.get(got.events[0]?.data.message_id)
    if (turn) problems.push(...kept(sent, turn, traces.prompts[at]))
  }
  for (const canary of rules.historyCanaries) {
    if (JSON.stringify(traces.prompts).includes(canary)) problems.push('the prompt holds text of another conversation')
  }
  problems.push(...logged(exchanges, traces.lines))
  return problems
}

/** What was sent is what is stored and what the model is told, as a user's words. */
function kept(
  sent: Expanded,
  stored: { question: string; visitorId: string | null },
  prompt: { role: string; content: string }[] | undefined,
): string[] {
  const { message, visitor_id: visitorId } = fieldsOf(sent)
  const problems: string[] = []
  if (typeof message !== 'string') return problems
  const question = message.replaceAll('\0', '').toWellFormed()
  if (stored.question !== question) problems.push('the message is not stored as it was sent')
  if (typeof visitorId === 'string' && stored.visitorId !== visitorId.replaceAll('\0', '').toWellFormed())
    problems.push('the visitor_id is not stored as it was sent')
  const last = prompt?.at(-1)
  if (prompt && (last?.role !== 'user' || last.content !== question))
    problems.push('the model is not told the message as a user’s')
  return problems
}

/** One JSON object a line, and nothing that a visitor wrote. */
function logged(exchanges: Exchange[], lines: string[]): string[] {
  const problems: string[] = []
  for (const line of lines) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
    if (!isJson(line) || /[\0-\x1f\x7f]/.test(line))
      problems.push(`a log line is not clean JSON: ${line.slice(0, 100)}`)
    for (const { sent } of exchanges) {
      const { message } = fieldsOf(sent)
      if (typeof message === 'string' && message.length > 12 && line.includes(JSON.stringify(message).slice(1, -1)))
        problems.push('a log line holds the message')
    }
  }
  return problems
}

function isPublic(path: string): boolean {
  return /^\/api\/(chat(\/stop|\/stream)?|widget\/config)\/?(\?|$)/.test(path)
}

function isOwners(path: string): boolean {
  return /^\/api\/(chat\/playground|conversations)\//.test(path)
}

function codeOf({ body }: Answer): string | null {
  const answer = isJson(body) ? JSON.parse(body) : null
  const code: unknown = answer?.error ?? answer?.detail
  return typeof code === 'string' ? code : null
}

function fieldsOf({ body }: Expanded): Record<string, unknown> {
  const text = body?.toString() ?? ''
  const fields: unknown = isJson(text) ? JSON.parse(text) : null
  return typeof fields === 'object' && fields !== null ? { ...fields } : {}
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function comparable({ headers }: Answer): string {
  const { date: _, connection: __, 'keep-alive': ___, ...rest } = headers
  return JSON.stringify(Object.entries(rest).sort())
}
