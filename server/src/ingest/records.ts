/** Rows and objects as paragraphs that can be understood one by one: "Name: Anna · City: Bern". */

/** Beyond it a document is too long in any case, and the rest need not be written. */
const maxLength = 2_100_000

export class Records {
  private readonly paragraphs: string[] = []
  private length = 0

  get isFull(): boolean {
    return this.length > maxLength
  }

  add(fields: [name: string, value: string][], separator = ' · '): void {
    const filled = fields.map(([name, value]) => [oneLine(name), oneLine(value)]).filter(([, value]) => value !== '')
    if (filled.length === 0) return
    const text = filled.map(([name, value]) => (name === '' ? value : `${name}: ${value}`)).join(separator)
    const paragraph = text.replace(/^(?=[ \t]*(?:[#>|=+*-]|`{3}|~{3}))/gm, '\\')
    this.paragraphs.push(paragraph)
    this.length += paragraph.length + 2
  }

  get markdown(): string {
    return this.paragraphs.join('\n\n')
  }
}

function oneLine(text: string | undefined): string {
  return (text ?? '').replace(/\s+/g, ' ').trim()
}
