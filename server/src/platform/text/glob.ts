/** Patterns with `*` for any characters, in time linear in the text and the pattern, whoever wrote them. */

/** Whether the whole text matches; with `isPrefix` its beginning is enough. */
export function matchesGlob(pattern: string, text: string, { isPrefix = false } = {}): boolean {
  const [first = '', ...rest] = pattern.split('*')
  if (!text.startsWith(first)) return false
  const last = rest.pop()
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
