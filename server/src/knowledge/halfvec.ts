/** pgvector's halfvec in its binary form: a tenth of the cost of writing numbers as text. */
export function halfvecBytes(vector: Float32Array): Buffer {
  const bytes = Buffer.alloc(4 + vector.length * 2)
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  view.setInt16(0, vector.length)
  for (let at = 0; at < vector.length; at++) view.setFloat16(4 + at * 2, vector[at] ?? 0)
  return bytes
}
