/** Patterns with `*` for any characters, in time linear in the text and the pattern, whoever wrote them. */

/** Whether a whole text matches the pattern; with `isPrefix` its beginning is enough. */
export function globOf(pattern: string, { isPrefix = false } = {}): (text: string) => boolean {
  const [first = '', ...rest] = pattern.split('*')
  const last = rest.pop()
  return (text) => {
    if (!text.startsWith(first)) return false
    if (last === undefined) return isPrefix || text.length === first.length
    let at = first.length
    // The first place that fits leaves the most room for what follows.
    for (const part of rest) {
      const found = text.indexOf(part, at)
      if (found < 0) return false
      at = found + part.length
    }
    if (isPrefix) return text.includes(last, at)
    return text.length - last.length >= at && text.endsWith(last)
  }
}
