/** Reads answers aloud by whole sentences: a screen reader that is fed every token says nothing anyone can follow. */

/** A block that ends without a mark, such as a heading, ends with a pause all the same. */
const unmarked = /(?<=[\p{L}\p{N}\p{Pe}\p{Pf}])\n\s*/gu

/** Gives what of the answer is complete and was not said yet, or all of its rest; `at` is another for each new answer. */
export function createVoice() {
  let heard = 0
  let said = 0

  return (at: number, answer: HTMLElement, isWhole: boolean): string => {
    if (at !== heard) said = 0
    heard = at
    const text = spoken(answer)
    const end = isWhole ? text.length : sentenceEnd(text, said)
    const news = text.slice(said, end).trim()
    said = Math.max(said, end)
    return news.replace(unmarked, '. ')
  }
}

/** Numbers of sources, and the buttons of code, are not part of the sentence. */
function spoken(node: Node): string {
  if (node instanceof Text) return node.data
  if (node instanceof HTMLButtonElement) return ''
  const text = Array.from(node.childNodes, spoken).join('')
  return node instanceof HTMLElement && /^(P|LI|H\d|TD|TH|PRE)$/.test(node.nodeName) ? `${text}\n` : text
}

function sentenceEnd(text: string, from: number): number {
  for (let at = text.length - 2; at >= from; at--) {
    const character = text[at] ?? ''
    if ('。！？'.includes(character) || ('.!?:'.includes(character) && (text[at + 1] ?? '').trim() === ''))
      return at + 1
    if (character === '\n') return at
  }
  return from
}
