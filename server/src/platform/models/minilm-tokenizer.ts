/**
 * BERT's uncased WordPiece (Devlin et al., 2018): clean, split CJK characters, lower-case, strip accents, split at
 * punctuation, then the longest pieces of the vocabulary from the left.
 */

export interface Tokenizer {
  /** Token ids with [CLS] and [SEP], `maxTokens` at most. */
  encode(text: string, maxTokens: number): number[]
}

const continuation = '##'
/** A longer word is one [UNK]. */
const maxWordCharacters = 100

/** Control and format characters and what could not be decoded; whitespace is kept to part words. */
const dropped = /[\0\ufffd]|(?![\t\n\r])[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/gu
/** The blocks that BERT takes for Chinese characters; kana and Hangul are not among them. */
const ideograph =
  /[\u4e00-\u9fff\u3400-\u4dbf\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b820}-\u{2ceaf}\uf900-\ufaff\u{2f800}-\u{2fa1f}]/gu
const accent = /\p{Mn}/gu
/** ASCII symbols count as punctuation too, though Unicode calls some of them otherwise. */
const piece = /[!-/:-@[-`{-~\p{P}]|[^\s!-/:-@[-`{-~\p{P}]+/gu

export function createTokenizer(vocabulary: ReadonlyMap<string, number>): Tokenizer {
  function idOf(token: string): number {
    const id = vocabulary.get(token)
    if (id === undefined) throw new Error(`the vocabulary has no ${token}`)
    return id
  }
  const [unknown, start, end] = [idOf('[UNK]'), idOf('[CLS]'), idOf('[SEP]')]

  function pieces(word: string): number[] {
    const characters = [...word]
    if (characters.length > maxWordCharacters) return [unknown]
    const ids: number[] = []
    for (let from = 0; from < characters.length; ) {
      let to = characters.length
      let id: number | undefined
      for (; to > from; to--) {
        id = vocabulary.get((from > 0 ? continuation : '') + characters.slice(from, to).join(''))
        if (id !== undefined) break
      }
      if (id === undefined) return [unknown]
      ids.push(id)
      from = to
    }
    return ids
  }

  return {
    encode(text, maxTokens) {
      const ids = [start]
      for (const [word] of normalized(text).matchAll(piece)) {
        if (ids.length >= maxTokens) break
        ids.push(...pieces(word))
      }
      return [...ids.slice(0, maxTokens - 1), end]
    },
  }
}

function normalized(text: string): string {
  return text.replace(dropped, '').replace(ideograph, ' $& ').normalize('NFD').replace(accent, '').toLowerCase()
}
