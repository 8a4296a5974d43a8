/** Bytes to text: by byte order mark, then HTTP header, then what the page itself says, then UTF-8, then Windows-1252. */

export function decodeHtml(body: Uint8Array, charset: string | null): string {
  return decode(body, charset ?? declaredCharset(body))
}

export function decodeText(body: Uint8Array, charset: string | null): string {
  return decode(body, charset)
}

function decode(body: Uint8Array, charset: string | null): string {
  const decoder =
    markOf(body) ?? decoderOf(charset) ?? (isUtf8(body) ? new TextDecoder() : new TextDecoder('windows-1252'))
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

function isUtf8(body: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(body)
    return true
  } catch {
    return false
  }
}
