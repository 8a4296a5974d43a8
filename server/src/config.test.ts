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
