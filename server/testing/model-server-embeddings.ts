/** Embeddings that need no model: a bag of hashed words, so that texts which share words lie near each other. */

const dimensionsOf: Record<string, number> = { 'text-embedding-3-large': 3072, 'wide-embeddings': 100_000 }

function embeddingDimensions(model: string): number {
  return dimensionsOf[model] ?? 1536
}

/** A unit vector. Words count by their first six letters, so that `refund` and `refunds` are one. */
export function hashEmbedding(text: string, dimensions: number): Float32Array {
  const vector = new Float32Array(dimensions)
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]{3,}/gu) ?? [text]) {
    let hash = 0x811c9dc5
    for (let i = 0; i < Math.min(word.length, 6); i++) hash = Math.imul(hash ^ word.charCodeAt(i), 0x01000193)
    const slot = (hash >>> 0) % dimensions
    vector[slot] = (vector[slot] ?? 0) + (hash & 0x40000000 ? 1 : -1)
  }
  const norm = Math.hypot(...vector) || 1
  return vector.map((value) => value / norm)
}

export function embeddingsBody(input: string[], model: string, encoding: unknown): string {
  const dimensions = embeddingDimensions(model)
  const data = input.map((text, index) => {
    const vector = hashEmbedding(text, dimensions)
    const embedding = encoding === 'base64' ? Buffer.from(vector.buffer).toString('base64') : Array.from(vector)
    return { object: 'embedding', index, embedding }
  })
  const tokens = input.reduce((sum, text) => sum + Math.ceil(text.length / 4), 0)
  return JSON.stringify({ object: 'list', data, model, usage: { prompt_tokens: tokens, total_tokens: tokens } })
}
