import { describe, expect, it } from 'vitest'
import { readConfig } from './config.ts'

describe('OPENAI_BASE_URL with a key', () => {
  const key = { OPENAI_API_KEY: 'sk-test' }
  const problem = expect.stringMatching(/^MEVICHAT_CHAT_MODEL must be given/)

  it.each(['http://127.0.0.1:11434/v1', 'https://api.openai.com.example/v1', 'https://notapi.openai.com/v1'])(
    '%s wants the model named, as it has none by our default’s name',
    (address) => {
      const env = { ...key, OPENAI_BASE_URL: address }
      expect(() => readConfig(env)).toThrow(expect.objectContaining({ problems: [problem] }))
      expect(readConfig({ ...env, MEVICHAT_CHAT_MODEL: 'openai:llama3.3' }).chatModel).toBe('openai:llama3.3')
      expect(readConfig({ OPENAI_BASE_URL: address }).chatModel).toBe(null)
    },
  )

  it.each([undefined, 'https://api.openai.com/v1', 'https://eu.api.openai.com/v1'])('%s does not', (address) => {
    expect(readConfig({ ...key, OPENAI_BASE_URL: address }).chatModel).toBe(null)
  })
})

describe('MEVICHAT_ENCRYPTION_KEY_OLD', () => {
  const [one, other] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]

  it('is a list of keys, in base64 or hex', () => {
    const list = `${one.toString('base64')}, ${other.toString('hex')}`
    expect(readConfig({ MEVICHAT_ENCRYPTION_KEY_OLD: list }).oldEncryptionKeys).toEqual([one, other])
    expect(readConfig({}).oldEncryptionKeys).toEqual([])
  })

  it('is refused where one of them is no key, and none of them is repeated', () => {
    const list = `${one.toString('base64')},c2VjcmV0`
    const problem = expect.stringMatching(/^MEVICHAT_ENCRYPTION_KEY_OLD must be 32 random bytes[^,]*$/)
    expect(() => readConfig({ MEVICHAT_ENCRYPTION_KEY_OLD: list })).toThrow(
      expect.objectContaining({ problems: [problem] }),
    )
  })
})

describe('signing in', () => {
  it('wants both of the Google pair', () => {
    const missing = (problem: string) => expect.objectContaining({ problems: [problem] })
    expect(() => readConfig({ GOOGLE_CLIENT_ID: 'a' })).toThrow(
      missing('GOOGLE_CLIENT_SECRET must be given with GOOGLE_CLIENT_ID'),
    )
    expect(() => readConfig({ GOOGLE_CLIENT_SECRET: 'b' })).toThrow(
      missing('GOOGLE_CLIENT_ID must be given with GOOGLE_CLIENT_SECRET'),
    )
    expect(readConfig({ GOOGLE_CLIENT_ID: 'a', GOOGLE_CLIENT_SECRET: 'b' }).google).toEqual({
      issuer: 'https://accounts.google.com',
      clientId: 'a',
      clientSecret: 'b',
    })
  })

  it('mail has a sender: the one that is named, or one of the public host', () => {
    const from = (env: Record<string, string>) => readConfig({ SMTP_URL: 'smtp://127.0.0.1', ...env }).smtp?.from
    expect(from({ MEVICHAT_PUBLIC_URL: 'https://chat.example.com' })?.address).toBe('mevichat@chat.example.com')
    expect(from({ MAIL_FROM: 'Ada’s bots <ada@example.com>' })).toEqual({
      name: 'Ada’s bots',
      address: 'ada@example.com',
    })
    expect(() => readConfig({ MAIL_FROM: 'Ada' })).toThrow(/MAIL_FROM must be an address/)
    expect(() => readConfig({ SMTP_URL: 'http://127.0.0.1' })).toThrow(
      /SMTP_URL must be an address that starts with smtp/,
    )
  })
})

it.each([
  [{ MEVICHAT_JWKS_URL: 'bar', MEVICHAT_JWT_ISSUER: 'foo' }, /^MEVICHAT_JWKS_URL must be an address/],
  [{ MEVICHAT_JWT_ISSUER: 'foo' }, /^MEVICHAT_JWKS_URL must be given, as/],
  [{ MEVICHAT_EMBEDDING_MODEL: 'anthropic:x' }, /Anthropic has no embeddings$/],
  [{ MEVICHAT_EMBEDDING_MODEL: 'x' }, /^MEVICHAT_EMBEDDING_MODEL must be built-in or openai:MODEL$/],
  [{ MEVICHAT_CHAT_MODEL: 'x' }, /^MEVICHAT_CHAT_MODEL must be built-in, openai:MODEL or anthropic:MODEL$/],
  [{ MEVICHAT_CHAT_MODEL: 'built-in:x' }, /^MEVICHAT_CHAT_MODEL must be built-in, openai:MODEL or anthropic:MODEL$/],
  [{ MEVICHAT_CHAT_MODEL: 'anthropic:x' }, /so ANTHROPIC_API_KEY must be given$/],
])('readConfig › %o: one thing is said of it', (env, problem) => {
  expect(() => readConfig(env)).toThrow(expect.objectContaining({ problems: [expect.stringMatching(problem)] }))
})
