/** HTML as text: what is put into it is escaped unless it is HTML itself. */

class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
  toString(): string {
    return this.text
  }
}

export type { Html }

type Part = string | number | null | Html | Html[]

export function html(strings: TemplateStringsArray, ...parts: Part[]): Html {
  return new Html(strings.reduce((text, string, at) => text + htmlOf(parts[at - 1] ?? null) + string))
}

/** Text that is HTML already. */
export function rawHtml(text: string): Html {
  return new Html(text)
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
}

function htmlOf(part: Part): string {
  if (part === null) return ''
  if (Array.isArray(part)) return part.map((one) => one.text).join('')
  return part instanceof Html ? part.text : escapeHtml(String(part))
}
