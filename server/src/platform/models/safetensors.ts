/** Reads the safetensors format: a length, a JSON header, then the tensors' bytes in little-endian order. */
import type { Tensor } from './onnx-graph.ts'

const lengthBytes = 8

/** Gives each tensor by its name as 32-bit floats; a `bert.` before the name is found too. */
export function readSafetensors(file: Buffer): (name: string) => Tensor {
  const headerEnd = lengthBytes + Number(file.readBigUInt64LE(0))
  const header: Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] } | undefined> =
    JSON.parse(file.toString('utf8', lengthBytes, headerEnd))
  return (name) => {
    const entry = header[name] ?? header[`bert.${name}`]
    if (!entry) throw new Error(`the safetensors file has no ${name}`)
    const [from, to] = entry.data_offsets
    // A copy, as typed arrays must start at a multiple of their element's size.
    const bytes = new Uint8Array(file.subarray(headerEnd + from, headerEnd + to))
    if (entry.dtype === 'F16') return { shape: entry.shape, values: new Float32Array(new Float16Array(bytes.buffer)) }
    if (entry.dtype === 'F32') return { shape: entry.shape, values: new Float32Array(bytes.buffer) }
    throw new Error(`${name} is ${entry.dtype}, not F16 or F32`)
  }
}
