/** Counts `cl100k_base` tokens in linear time. */
import { countTokens, setMergeCacheSize } from 'gpt-tokenizer/encoding/cl100k_base'

// Once its cache of words is full, each new word costs time in the cache's size (100,000 by default).
setMergeCacheSize(1000)

/** `<|endoftext|>` on a page is text like any other. */
const asText = { allowedSpecial: new Set<string>(), disallowedSpecial: new Set<string>() }

/** Merging pairs within one run takes time that grows with its square, so a run longer than this is counted in parts. */
const maxRun = 128

/** Exact where no run of characters (or of spaces) is longer than 128; there it is at most a few tokens too high. */
export function tokensIn(text: string): number {
  let tokens = 0
  let from = 0
  for (const { index, 0: run } of text.matchAll(/\S{129,}|\s{129,}/g)) {
    for (let at = index + maxRun; at < index + run.length; at += maxRun) {
      tokens += countTokens(text.slice(from, at), asText)
      from = at
    }
  }
  return tokens + countTokens(text.slice(from), asText)
}
