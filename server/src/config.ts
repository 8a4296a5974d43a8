/**
 * Every setting with its default and bounds: the sole reader of the environment.
 * `settings` is also what `.env.example` and the reference page are generated from.
 */
import { resolve } from 'node:path'
import ipaddr from 'ipaddr.js'

export type Role = 'all' | 'web' | 'worker' | 'migrate' | 'seed' | 'doctor'

interface Setting<T> {
  /** For people, in `.env.example` and the reference. */
  about: string
  /** As it would be written in the environment; null is "not set". */
  default: string | null
  /** Throws an Error whose message completes "NAME …". */
  parse(value: string): T
}

function setting<T>(about: string, fallback: string | null, parse: (value: string) => T): Setting<T> {
  return { about, default: fallback, parse }
}

const text = (value: string) => value

function oneOf<T extends string>(...allowed: T[]) {
  return (value: string): T => {
    const found = allowed.find((one) => one === value)
    if (found === undefined) throw new Error(`must be one of ${allowed.join(', ')}`)
    return found
  }
}

function wholeNumber(min: number, max: number) {
  return (value: string): number => {
    const number = Number(value)
    if (!/^\d+$/.test(value) || number < min || number > max) {
      throw new Error(`must be a whole number from ${min} to ${max}`)
    }
    return number
  }
}

function address(...protocols: string[]) {
  return (value: string): string => {
    const url = URL.parse(value)
    if (!url || !protocols.includes(url.protocol.slice(0, -1))) {
      throw new Error(`must be an address that starts with ${protocols.map((name) => `${name}://`).join(' or ')}`)
    }
    return value
  }
}

const httpAddress = address('http', 'https')

function origin(value: string): string {
  const url = new URL(httpAddress(value))
  if (url.pathname !== '/' || url.search || url.hash || url.username) {
    throw new Error('must be an origin without a path, such as https://chat.example.com')
  }
  return url.origin
}

function list(value: string): string[] {
  return value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

function isCidr(entry: string): boolean {
  return ipaddr.isValid(entry) || ipaddr.isValidCIDR(entry)
}

function cidrs(value: string): string[] {
  const entries = list(value)
  for (const entry of entries) {
    if (!isCidr(entry))
      throw new Error(`must be a comma-separated list of addresses or CIDR ranges; "${entry}" is neither`)
  }
  return entries
}

function egressEntries(value: string): string[] {
  const entries = list(value)
  for (const entry of entries) {
    if (!isCidr(entry) && !/^(\[[0-9a-f:]+\]|[^\s:/]+):\d{1,5}$/i.test(entry)) {
      throw new Error(`must be a comma-separated list of host:port or CIDR ranges; "${entry}" is neither`)
    }
  }
  return entries
}

function isOpenAi(address: string): boolean {
  return /^(.+\.)?api\.openai\.com$/.test(new URL(address).hostname)
}

function sender(value: string): { name: string; address: string } {
  const [, name = '', address = ''] = /^(?:([^<>]*)<)?([^\s<>@]+@[^\s<>@]+)>?$/.exec(value) ?? []
  if (!address) throw new Error('must be an address, or a name and an address: Mevichat <chat@example.com>')
  return { name: name.trim() || 'Mevichat', address }
}

/** 32 bytes as base64, base64url or hex. */
export function key32(value: string): Uint8Array {
  const bytes = /^[0-9a-f]{64}$/i.test(value) ? Buffer.from(value, 'hex') : Buffer.from(value, 'base64')
  if (bytes.length !== 32) throw new Error('must be 32 random bytes as base64 or hex (try: openssl rand -base64 32)')
  return bytes
}

function keys32(value: string): Uint8Array[] {
  return list(value).map(key32)
}

export const settings = {
  PORT: setting('The port that the server listens on.', '3000', wholeNumber(0, 65_535)),
  HOST: setting('The address that the server listens on.', '127.0.0.1', text),
  MEVICHAT_DATA_DIR: setting('Where the embedded database, uploads and generated secrets are kept.', './data', text),
  DATABASE_URL: setting(
    'A PostgreSQL 17 with pgvector. Without it the embedded PGlite is used.',
    null,
    address('postgres', 'postgresql'),
  ),
  REDIS_URL: setting('A Redis that several web processes share for rate limits.', null, address('redis', 'rediss')),
  MEVICHAT_PUBLIC_URL: setting(
    'The origin under which visitors reach this server. Defaults to http://HOST:PORT.',
    null,
    origin,
  ),
  MEVICHAT_SIGNING_KEY: setting(
    'Signs tokens and links: 32 random bytes, base64 or hex. Must be given with DATABASE_URL; else made at the first start.',
    null,
    key32,
  ),
  MEVICHAT_ENCRYPTION_KEY: setting(
    'Encrypts stored credentials: 32 random bytes, base64 or hex. Must be given with DATABASE_URL; else made at the first start.',
    null,
    key32,
  ),
  MEVICHAT_ENCRYPTION_KEY_OLD: setting(
    'Other keys that stored credentials are opened with, a comma between two: those of before a rotation.',
    null,
    keys32,
  ),
  MEVICHAT_TRUST_PROXY: setting('Proxies (addresses or CIDR ranges) whose X-Forwarded-For is believed.', null, cidrs),
  MEVICHAT_EGRESS_ALLOW: setting(
    'Private addresses (host:port or CIDR ranges) that knowledge may be fetched from, and workspaces’ own model providers be called at, all the same.',
    null,
    egressEntries,
  ),
  MEVICHAT_DEMO: setting('Whether / is the demo site with its own bot.', 'on', oneOf('on', 'off')),
  OPENAI_API_KEY: setting('The key of an OpenAI-compatible provider.', null, text),
  OPENAI_BASE_URL: setting(
    'The base address of an OpenAI-compatible provider (OpenAI, Azure, Ollama, vLLM, Gemini …), up to and with /v1.',
    'https://api.openai.com/v1',
    httpAddress,
  ),
  MEVICHAT_CHAT_MODEL: setting(
    'The model that writes answers, as provider:model (openai:…, anthropic:…, built-in). By default a model of the first provider that has a key, else built-in.',
    null,
    text,
  ),
  MEVICHAT_EMBEDDING_MODEL: setting(
    'The model that turns text into vectors: openai:… or built-in. By default openai:text-embedding-3-small with an OpenAI key, else built-in.',
    null,
    text,
  ),
  ANTHROPIC_API_KEY: setting('The key for Anthropic.', null, text),
  ANTHROPIC_BASE_URL: setting('The base address of Anthropic’s API.', 'https://api.anthropic.com', httpAddress),
  MEVICHAT_JWT_ISSUER: setting('Another issuer (iss) whose bearer tokens are accepted beside our own.', null, text),
  MEVICHAT_JWT_AUDIENCE: setting('The audience (aud) that bearer tokens must carry.', 'mevichat', text),
  MEVICHAT_JWKS_URL: setting(
    'Where that issuer’s public keys are. Defaults to /.well-known/jwks.json at the issuer.',
    null,
    httpAddress,
  ),
  GOOGLE_ISSUER: setting(
    'The OpenID Connect issuer behind the Google button; another one works as well.',
    'https://accounts.google.com',
    httpAddress,
  ),
  GOOGLE_CLIENT_ID: setting(
    'The client id for signing in with Google. Without it there is no such button.',
    null,
    text,
  ),
  GOOGLE_CLIENT_SECRET: setting('The secret of that client.', null, text),
  SMTP_URL: setting(
    'The server that mail is sent by, as smtp://USER:PASSWORD@HOST:PORT or smtps://…. Without it mail stays in the log.',
    null,
    address('smtp', 'smtps'),
  ),
  MAIL_FROM: setting(
    'The sender of mail: an address, or NAME <ADDRESS>. Defaults to mevichat@ and the host of MEVICHAT_PUBLIC_URL.',
    null,
    sender,
  ),
} satisfies Record<string, Setting<unknown>>

type Settings = { [Name in keyof typeof settings]: ReturnType<(typeof settings)[Name]['parse']> }

export interface Config {
  port: number
  host: string
  dataDir: string
  databaseUrl: string | null
  redisUrl: string | null
  /** Null until the port is known; see `publicUrlOf`. */
  publicUrl: string | null
  signingKey: Uint8Array | null
  encryptionKey: Uint8Array | null
  oldEncryptionKeys: Uint8Array[]
  trustedProxies: string[]
  egressAllow: string[]
  isDemo: boolean
  openai: { apiKey: string | null; baseUrl: string; isChosen: boolean }
  anthropic: { apiKey: string | null; baseUrl: string }
  chatModel: string | null
  embeddingModel: string | null
  /** `aud` of every token, ours and the external issuer's. */
  tokenAudience: string
  externalIssuer: { issuer: string; jwksUrl: string } | null
  google: { issuer: string; clientId: string; clientSecret: string } | null
  smtp: { url: string; from: { name: string; address: string } } | null
}

function defaultSender(publicUrl = 'http://localhost') {
  return { name: 'Mevichat', address: `mevichat@${new URL(publicUrl).hostname}` }
}

/** Everything that is wrong with the settings, a sentence each. */
export class ConfigError extends Error {
  readonly problems: string[]
  constructor(problems: string[]) {
    super(problems.join('\n'))
    this.name = 'ConfigError'
    this.problems = problems
  }
}

/** Throws ConfigError with all problems at once. An empty value counts as not set. */
export function readConfig(env: Record<string, string | undefined>, role: Role = 'all'): Config {
  const problems: string[] = []
  const values: Partial<Record<string, unknown>> = {}
  const isGiven = (name: keyof typeof settings) => Boolean(env[name]?.trim())
  for (const [name, { default: fallback, parse }] of Object.entries(settings) as [string, Setting<unknown>][]) {
    const value = env[name]?.trim() || fallback
    if (value === null) continue
    try {
      values[name] = parse(value)
    } catch (error) {
      problems.push(`${name} ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  const read = values as Partial<Settings>

  if (read.DATABASE_URL) {
    for (const name of ['MEVICHAT_SIGNING_KEY', 'MEVICHAT_ENCRYPTION_KEY'] as const) {
      if (!isGiven(name)) {
        problems.push(
          `${name} must be given with DATABASE_URL, the same on every process (try: openssl rand -base64 32)`,
        )
      }
    }
  } else if ((role === 'web' || role === 'worker') && !isGiven('DATABASE_URL')) {
    problems.push(
      `DATABASE_URL must be given to run the role "${role}" alone: the embedded database serves one process, "all"`,
    )
  }
  if (read.MEVICHAT_JWKS_URL && !read.MEVICHAT_JWT_ISSUER) {
    problems.push('MEVICHAT_JWT_ISSUER must be given with MEVICHAT_JWKS_URL')
  }
  if (read.MEVICHAT_JWT_ISSUER && !isGiven('MEVICHAT_JWKS_URL') && !URL.canParse(read.MEVICHAT_JWT_ISSUER)) {
    problems.push('MEVICHAT_JWKS_URL must be given, as MEVICHAT_JWT_ISSUER is not an address')
  }
  const chatModel = read.MEVICHAT_CHAT_MODEL
  if (chatModel && !/^(built-in$|(openai|anthropic):.)/.test(chatModel))
    problems.push('MEVICHAT_CHAT_MODEL must be built-in, openai:MODEL or anthropic:MODEL')
  if (chatModel?.startsWith('anthropic:') && !read.ANTHROPIC_API_KEY)
    problems.push('MEVICHAT_CHAT_MODEL is Anthropic’s, so ANTHROPIC_API_KEY must be given')
  if (read.MEVICHAT_EMBEDDING_MODEL?.startsWith('anthropic:'))
    problems.push('MEVICHAT_EMBEDDING_MODEL must be openai:MODEL or built-in: Anthropic has no embeddings')
  else if (read.MEVICHAT_EMBEDDING_MODEL && !/^(built-in$|openai:.)/.test(read.MEVICHAT_EMBEDDING_MODEL))
    problems.push('MEVICHAT_EMBEDDING_MODEL must be built-in or openai:MODEL')
  // The default is a model of OpenAI's own, which another provider does not have.
  if (read.OPENAI_API_KEY && read.OPENAI_BASE_URL && !read.MEVICHAT_CHAT_MODEL && !isOpenAi(read.OPENAI_BASE_URL))
    problems.push(
      'MEVICHAT_CHAT_MODEL must be given with the OPENAI_BASE_URL of another provider (openai:MODEL, as it names it)',
    )
  if (Boolean(read.GOOGLE_CLIENT_ID) !== Boolean(read.GOOGLE_CLIENT_SECRET)) {
    const [given, missing] = read.GOOGLE_CLIENT_ID ? ['ID', 'SECRET'] : ['SECRET', 'ID']
    problems.push(`GOOGLE_CLIENT_${missing} must be given with GOOGLE_CLIENT_${given}`)
  }
  if (problems.length > 0) throw new ConfigError(problems)

  const { MEVICHAT_JWT_ISSUER: issuer } = read
  return {
    port: read.PORT ?? 3000,
    host: read.HOST ?? '127.0.0.1',
    dataDir: resolve(read.MEVICHAT_DATA_DIR ?? './data'),
    databaseUrl: read.DATABASE_URL ?? null,
    redisUrl: read.REDIS_URL ?? null,
    publicUrl: read.MEVICHAT_PUBLIC_URL ?? null,
    signingKey: read.MEVICHAT_SIGNING_KEY ?? null,
    encryptionKey: read.MEVICHAT_ENCRYPTION_KEY ?? null,
    oldEncryptionKeys: read.MEVICHAT_ENCRYPTION_KEY_OLD ?? [],
    trustedProxies: read.MEVICHAT_TRUST_PROXY ?? [],
    egressAllow: read.MEVICHAT_EGRESS_ALLOW ?? [],
    isDemo: read.MEVICHAT_DEMO !== 'off',
    openai: {
      apiKey: read.OPENAI_API_KEY ?? null,
      baseUrl: read.OPENAI_BASE_URL ?? '',
      isChosen: Boolean(read.OPENAI_API_KEY || isGiven('OPENAI_BASE_URL')),
    },
    anthropic: { apiKey: read.ANTHROPIC_API_KEY ?? null, baseUrl: read.ANTHROPIC_BASE_URL ?? '' },
    chatModel: read.MEVICHAT_CHAT_MODEL ?? null,
    embeddingModel: read.MEVICHAT_EMBEDDING_MODEL ?? null,
    tokenAudience: read.MEVICHAT_JWT_AUDIENCE ?? 'mevichat',
    externalIssuer: issuer
      ? {
          issuer,
          jwksUrl: read.MEVICHAT_JWKS_URL ?? new URL('/.well-known/jwks.json', issuer).href,
        }
      : null,
    google:
      read.GOOGLE_CLIENT_ID && read.GOOGLE_CLIENT_SECRET
        ? {
            issuer: read.GOOGLE_ISSUER ?? '',
            clientId: read.GOOGLE_CLIENT_ID,
            clientSecret: read.GOOGLE_CLIENT_SECRET,
          }
        : null,
    smtp: read.SMTP_URL
      ? { url: read.SMTP_URL, from: read.MAIL_FROM ?? defaultSender(read.MEVICHAT_PUBLIC_URL) }
      : null,
  }
}
