/** Bytes to text: by byte order mark, then HTTP header, then what the page itself says, then UTF-8, then as it looks. */

export function decodeHtml(body: Uint8Array, charset: string | null): string {
  return decode(body, charset ?? declaredCharset(body))
}

export function decodeText(body: Uint8Array, charset: string | null): string {
  return decode(body, charset)
}

function decode(body: Uint8Array, charset: string | null): string {
  const decoder =
    markOf(body) ?? decoderOf(charset) ?? new TextDecoder(isDecodable(body, 'utf-8') ? 'utf-8' : likelyCharset(body))
  return decoder.decode(body)
}

function markOf(body: Uint8Array): TextDecoder | null {
  if (body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf) return new TextDecoder()
  if (body[0] === 0xff && body[1] === 0xfe) return new TextDecoder('utf-16le')
  if (body[0] === 0xfe && body[1] === 0xff) return new TextDecoder('utf-16be')
  return null
}

function decoderOf(label: string | null): TextDecoder | null {
  try {
    return label === null ? null : new TextDecoder(label)
  } catch {
    return null
  }
}

/** Within the first 1,024 bytes, as HTML asks for; a page that can be read so far is no UTF-16, whatever it says. */
function declaredCharset(body: Uint8Array): string | null {
  const start = new TextDecoder('latin1').decode(body.subarray(0, 1_024))
  const label =
    /<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w:.-]{1,40})/i.exec(start)?.[1] ??
    /^<\?xml[^>]{0,100}?encoding\s*=\s*["']([\w:.-]{1,40})/i.exec(start)?.[1]
  return label === undefined ? null : /^utf-?16/i.test(label) ? 'utf-8' : label
}

function isDecodable(body: Uint8Array, charset: string): boolean {
  try {
    new TextDecoder(charset, { fatal: true }).decode(body)
    return true
  } catch {
    return false
  }
}

/** In Western European text letters with marks stand among plain ones; elsewhere whole words are of other letters. */
function likelyCharset(body: Uint8Array): string {
  const start = body.subarray(0, 100_000)
  const latin = new TextDecoder('latin1').decode(start)
  const shareOf = (charset: string, of: RegExp) => {
    const text = new TextDecoder(charset).decode(start)
    const foreign = text.match(/[^\p{ASCII}]/gu)?.length ?? 0
    return (text.match(of)?.length ?? 0) / Math.max(1, foreign)
  }
  for (const charset of ['shift_jis', 'euc-jp']) {
    if (shareOf(charset, /[\p{Script=Hiragana}\u30a1-\u30fc]/gu) > 0.3 && shareOf(charset, /\ufffd/g) < 0.01)
      return charset
  }
  const runs = latin.match(/[\x80-\xff]+/g) ?? []
  const isWestern = runs.reduce((sum, { length }) => sum + length, 0) / Math.max(1, runs.length) < 2.5
  if (isWestern) return 'windows-1252'
  const cyrillic = ['windows-1251', 'koi8-r'].map((charset) => ({ charset, share: shareOf(charset, /[а-яё]/g) }))
  const best = cyrillic.reduce((one, other) => (other.share > one.share ? other : one))
  return best.share > 0.6 ? best.charset : 'windows-1252'
}
