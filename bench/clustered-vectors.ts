/** An embedding model that costs nothing, for questions of speed: a text's vector lies near one of 200 centres, as real ones lie in a few directions. */
import { createHash } from 'node:crypto'
import type { EmbeddingModel } from '../server/src/platform/models/models.ts'
import { randomFrom } from './corpus.ts'

/** As text-embedding-3-small has. */
const dimensions = 1_536
const centreCount = 200
const directionCount = 24

const random = randomFrom(2)
const vectorOf = () => Float32Array.from({ length: dimensions }, () => random() - 0.5)
const centres = Array.from({ length: centreCount }, vectorOf)
const directions = Array.from({ length: directionCount }, vectorOf)

/** The same at every run. */
function embed(text: string): Float32Array {
  const seed = createHash('sha256').update(text).digest().readUInt32LE()
  const next = randomFrom(seed)
  const vector = Float32Array.from(centres[Math.floor(next() * centreCount)] ?? [])
  for (const direction of directions) {
    const part = (next() - 0.5) * 0.7
    for (let at = 0; at < dimensions; at++) vector[at] = (vector[at] ?? 0) + part * (direction[at] ?? 0)
  }
  const norm = Math.hypot(...vector)
  return vector.map((value) => value / norm)
}

export const clusteredVectors: EmbeddingModel = {
  space: { provider: 'bench', model: 'clusters', dimensions },
  maxTokens: 8_192,
  isMultilingual: false,
  embed: async (texts) => texts.map(embed),
}
