/** The ways in which a model provider behaves and misbehaves, and what is set for a reply. */
export const modes = [
  'ok',
  'slow_first',
  'stall_mid',
  'reset',
  'fin_early',
  'no_done',
  'http401',
  'http429_retry_after',
  'http500',
  'html200',
  'json200_error',
  'bad_json_chunk',
  'split_utf8',
  'split_every_byte',
  'crlf',
  'blank_data',
  'huge_line',
  'empty',
  'dup_done',
  'echo',
  'flood',
  'flood500',
] as const

export type Mode = (typeof modes)[number]

export interface ReplySettings {
  mode: Mode
  /** The reply, cut into tokens at its spaces; null makes one of `tokens` words. */
  reply: string | null
  tokens: number
  /** Between two tokens; at 0 all of them are sent at once. */
  paceMs: number
  /** Tokens sent before a fault that comes in the middle; at 0 it comes before the first. */
  faultAfter: number
  /** When `slow_first` answers after all. */
  slowMs: number
  retryAfterSeconds: number
  /** Why the reply ends, in the words of the wire format; null is its plain end. */
  finishReason: string | null
  /** Off: a server that ignores `stream_options`. */
  reportsUsage: boolean
  /** Off: the connection of a complete reply is left open. */
  hangsUp: boolean
  /** While a reply stalls or is left open, a ping comes that often; at 0 none does. */
  pingMs: number
}

export const defaultSettings: ReplySettings = {
  mode: 'ok',
  reply: null,
  tokens: 16,
  paceMs: 0,
  faultAfter: 5,
  slowMs: 60_000,
  retryAfterSeconds: 1,
  finishReason: null,
  reportsUsage: true,
  hangsUp: true,
  pingMs: 0,
}

/** `mode:stall_mid` or `mode:ok?tokens=64&paceMs=20&reply=Hello`: a model's name may carry the settings of its own call. */
export function settingsOf(model: string, settings: ReplySettings): ReplySettings {
  const [, name, query] = /^mode:(\w+)(?:\?(.*))?$/s.exec(model) ?? []
  const mode = modes.find((one) => one === name)
  if (!mode) return settings
  const own = new URLSearchParams(query)
  const number = (key: string, otherwise: number) => (own.has(key) ? Number(own.get(key)) : otherwise)
  return {
    mode,
    reply: own.get('reply') ?? settings.reply,
    tokens: number('tokens', settings.tokens),
    paceMs: number('paceMs', settings.paceMs),
    faultAfter: number('faultAfter', settings.faultAfter),
    slowMs: number('slowMs', settings.slowMs),
    retryAfterSeconds: number('retryAfterSeconds', settings.retryAfterSeconds),
    finishReason: own.get('finishReason') ?? settings.finishReason,
    reportsUsage: settings.reportsUsage,
    hangsUp: own.has('hangsUp') ? own.get('hangsUp') === 'true' : settings.hangsUp,
    pingMs: number('pingMs', settings.pingMs),
  }
}

const words = 'the answer to your question stands in these words that a model would have written one by one'.split(' ')

export function tokensOf({ mode, reply, tokens }: ReplySettings, prompt: string): string[] {
  if (mode === 'empty') return []
  const text = mode === 'echo' ? prompt : reply
  if (text !== null) return text.match(/\s*\S+\s*$|\s*\S+/g) ?? []
  const made = Array.from({ length: tokens }, (_, i) => `${i === 0 ? '' : ' '}${words[i % words.length]}`)
  return mode === 'split_utf8' || mode === 'split_every_byte' ? [...made, ' – é漢字', '🎉 done'] : made
}
