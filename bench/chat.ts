/** Server CPU a reply: a byte proxy, our relay alone, and the whole path; and what the whole path adds to the first token. */
import { randomUUID } from 'node:crypto'
import { makeHandbook } from './corpus.ts'
import { ask, type Reply, run } from './load.ts'
import { cpuMs, percentile } from './measure.ts'
import { type Program, startProgram } from './processes.ts'
import { type Row, report } from './results.ts'
import { hasPostgres, nameOf, settings, startProduct } from './servers.ts'

/** Replies and how many at a time. A paced reply takes 1.3 s, so many must run together. */
const paces = {
  burst: { paceMs: 0, total: 1_000, concurrency: 8, warmUp: 1_000, staggerMs: 0 },
  paced: { paceMs: 20, total: 150, concurrency: 50, warmUp: 50, staggerMs: 26 },
} as const

const handbook = makeHandbook(1_000)

const firstContent = /"content":"[^"]/

export async function benchChat(): Promise<void> {
  const rows: Row[] = []
  const reference = new Map<string, number>()
  const direct = new Map<string, Reply[]>()
  await using model = await startProgram('server/testing/model-server-main.ts', ['{"tokens":64}'])

  async function measure(name: string, cpu: () => number, one: (n: number) => Promise<Reply>) {
    for (const [pace, { paceMs, total, concurrency, warmUp, staggerMs }] of Object.entries(paces)) {
      await setPace(model, paceMs)
      await run(warmUp, concurrency, one, staggerMs)
      const before = cpu()
      const replies = await run(total, concurrency, one, staggerMs)
      const value = (cpu() - before) / total
      reference.set(pace, reference.get(pace) ?? value)
      rows.push({
        bench: 'chat',
        case: `${name}, ${pace}`,
        value,
        unit: 'ms CPU',
        ratio: value / (reference.get(pace) ?? value),
      })
      if (pace === 'paced' && name.startsWith('whole path')) addedToFirstToken(name, replies)
    }
  }

  function addedToFirstToken(name: string, replies: Reply[]) {
    const directMs = (direct.get('paced') ?? []).map((reply) => reply.firstTokenMs)
    const ms = replies.map((reply) => reply.firstTokenMs)
    for (const share of [0.5, 0.99]) {
      const value = percentile(ms, share) - percentile(directMs, share)
      rows.push({ bench: 'chat', case: `${name}, first token added, p${share * 100}`, value, unit: 'ms', ratio: null })
    }
  }

  await setPace(model, paces.paced.paceMs)
  const prompt = JSON.stringify({ model: 'test', stream: true, messages: [{ role: 'user', content: 'hello' }] })
  const callDirectly = () => ask(`${model.url}/v1/chat/completions`, prompt, firstContent)
  direct.set('paced', await run(150, 50, callDirectly, paces.paced.staggerMs))

  for (const [name, script] of [
    ['byte proxy', 'bench/servers/byte-proxy.ts'],
    ['relay', 'bench/servers/relay.ts'],
  ] as const) {
    await using server = await startProgram(script, [model.url])
    await measure(
      name,
      () => cpuMs(server.pid),
      () => ask(server.url, '{}', name === 'relay' ? /event: token/ : firstContent),
    )
  }
  for (const setting of settings) {
    if (setting.database === 'PostgreSQL' && !hasPostgres()) {
      console.log(`NOT RUN: ${nameOf(setting)} (TEST_DATABASE_URL names no PostgreSQL)`)
      continue
    }
    await using product = await startProduct(setting, model.url, handbook)
    const body = (n: number) =>
      JSON.stringify({
        public_key: product.bot.publicKey,
        session_id: randomUUID(),
        message: handbook.questionFor(n * 7),
      })
    await measure(nameOf(setting), product.cpuMs, (n) => ask(product.chatUrl, body(n), /event: token/))
  }
  report('chat', rows)
}

async function setPace(model: Program, paceMs: number): Promise<void> {
  await fetch(`${model.url}/control`, { method: 'PUT', body: JSON.stringify({ paceMs }) })
}
