/** How deep brackets nest outside strings; stops counting past `enough`. `JSON.parse` itself takes millions of levels. */
export function jsonDepthOf(text: string, enough: number): number {
  let depth = 0
  let deepest = 0
  let isInString = false
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i)
    if (isInString) {
      if (char === 0x5c) i++
      else if (char === 0x22) isInString = false
    } else if (char === 0x22) isInString = true
    else if (char === 0x7b || char === 0x5b) {
      depth++
      if (depth > deepest) deepest = depth
      if (deepest > enough) return deepest
    } else if (char === 0x7d || char === 0x5d) depth--
  }
  return deepest
}
