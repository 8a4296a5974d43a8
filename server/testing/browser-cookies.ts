/** A browser as far as cookies go: it keeps what an answer sets and sends it again. */
import { type Answer, type SendOptions, send } from './http.ts'

export class CookieJar {
  readonly cookies = new Map<string, string>()

  async send(url: string, options: SendOptions = {}): Promise<Answer> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await send(url, { ...options, headers: { ...(cookie && { cookie }), ...options.headers } })
    for (const line of [answer.headers['set-cookie'] ?? []].flat()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '' || /max-age=0/i.test(line)) this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
    return answer
  }
}
