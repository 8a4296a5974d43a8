/** Reads answers aloud by whole sentences: a screen reader that is fed every token says nothing anyone can follow. */
import { h } from './dom.ts'

export function createAnnouncer() {
  const element = h('div', { class: 'sr', role: 'status' })
  let said = 0

  function say(sentence: string) {
    if (sentence) element.textContent = sentence
  }

  return {
    element,
    say,
    /** A new answer begins. */
    begin() {
      said = 0
    },
    /** Says what of the answer is complete and was not said yet; at its end all of the rest, and `last`. */
    hear(answer: HTMLElement, isWhole: boolean, last: string) {
      const text = spoken(answer)
      const end = isWhole ? text.length : sentenceEnd(text, said)
      say(`${text.slice(said, end)} ${last}`.trim())
      said = Math.max(said, end)
    },
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
