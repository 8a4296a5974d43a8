/**
 * What is embedded of a passage. A model with a short window sees only the start of a long passage, and one vector for
 * many subjects is near to none of them: so a long passage is embedded in windows, and their mean stands for the whole.
 */
import type { EmbeddingModel } from '../platform/models/models.ts'
import { headingPath, type PassageText } from './postings.ts'

const minWords = 110
const maxWords = 180

/** A model that takes this much at once is given the whole alone. */
const longWindowTokens = 1024

/** Names how texts are made ready; vectors made in different ways are never compared. */
export function preparationOf({ maxTokens }: Pick<EmbeddingModel, 'maxTokens'>): string {
  return maxTokens < longWindowTokens ? 'windows-1' : 'whole-1'
}

/** The passage, or its windows if it is long, each under the passage's headings; of a pair the question alone. */
export function textsToEmbed(
  passage: PassageText & { isPair?: boolean },
  model: Pick<EmbeddingModel, 'maxTokens'>,
): string[] {
  if (passage.isPair) return [passage.title]
  const heading = headingPath(passage).join('\n')
  const windows = model.maxTokens < longWindowTokens ? windowsOf(passage.text) : []
  return (windows.length > 0 ? windows : [passage.text]).map((part) => (heading === '' ? part : `${heading}\n${part}`))
}

/** The vectors to store for the embedded texts: that of the whole first, then those of its windows if there are any. */
export function partsOf(vectors: Float32Array[]): Float32Array[] {
  const [first] = vectors
  if (!first || vectors.length === 1) return vectors
  const sum = first.map((_, at) => vectors.reduce((total, vector) => total + (vector[at] ?? 0), 0))
  const norm = Math.hypot(...sum) || 1
  return [sum.map((value) => value / norm), ...vectors]
}

/** Evenly spread windows of 110 to 180 words that cover the text; none if it fits one. */
export function windowsOf(text: string): string[] {
  const words = [...text.matchAll(/\S+/g)]
  if (words.length <= maxWords) return []
  const count = Math.ceil(words.length / maxWords)
  const size = Math.max(minWords, Math.ceil(words.length / count))
  return Array.from({ length: count }, (_, at) => {
    const first = Math.round(((words.length - size) * at) / (count - 1))
    const last = words[first + size - 1]
    return text.slice(words[first]?.index, last && last.index + last[0].length)
  })
}
