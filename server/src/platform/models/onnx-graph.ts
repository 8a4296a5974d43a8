/** Builds an ONNX model (opset 17 and ONNX Runtime's own operators) node by node. Field numbers are those of onnx.proto. */
import { ProtobufWriter } from './protobuf-writer.ts'

export interface Tensor {
  shape: number[]
  /** Row by row. */
  values: Float32Array
}

/** Names of the three initializers that stand for an 8-bit matrix. */
interface QuantizedMatrix {
  values: string
  scales: string
  zeros: string
}

interface NodeOptions {
  /** An operator of ONNX Runtime's own domain. */
  custom?: boolean
  outputCount?: number
  floats?: Record<string, number>
  ints?: Record<string, number>
}

const irVersion = 8
const opset = 17
const customDomain = 'com.microsoft'
const attributeType = { float: 1, int: 2 } as const
const elementType = { float: 1, int8: 3, int32: 6, int64: 7 } as const

export class OnnxGraph {
  /** An element type as `Cast` names it. */
  static readonly int32 = elementType.int32

  readonly #name: string
  readonly #nodes: ProtobufWriter[] = []
  readonly #initializers: ProtobufWriter[] = []
  readonly #inputs: ProtobufWriter[] = []
  readonly #outputs: ProtobufWriter[] = []

  constructor(name: string) {
    this.#name = name
  }

  /** An int64 input of shape [batch, tokens]. */
  input(name: string): string {
    this.#inputs.push(valueInfo(name, elementType.int64, ['batch', 'tokens']))
    return name
  }

  /** Names a value as the model's output, floats of shape [batch, width]. */
  output(name: string, value: string, width: number): void {
    this.#nodes.push(nodeMessage('Identity', [value], [name], {}))
    this.#outputs.push(valueInfo(name, elementType.float, ['batch', width]))
  }

  /** Gives the name of the node's first output; `outputOf` names the others. */
  node(operator: string, inputs: string[], options: NodeOptions = {}): string {
    const name = `${operator}_${this.#nodes.length}`
    const outputs = [name]
    for (let at = 1; at < (options.outputCount ?? 1); at++) outputs.push(outputOf(name, at))
    this.#nodes.push(nodeMessage(operator, inputs, outputs, options))
    return name
  }

  floats(name: string, { shape, values }: Tensor): string {
    return this.#initializer(
      name,
      shape,
      elementType.float,
      Buffer.from(values.buffer, values.byteOffset, values.byteLength),
    )
  }

  int64s(name: string, values: number[]): string {
    const bytes = Buffer.from(BigInt64Array.from(values, BigInt).buffer)
    return this.#initializer(name, [values.length], elementType.int64, bytes)
  }

  /** A matrix as 8-bit integers with a scale for each column, symmetric about zero. */
  quantized(name: string, { shape, values }: Tensor): QuantizedMatrix {
    const [rows = 0, columns = 0] = shape
    const scales = new Float32Array(columns)
    for (let at = 0; at < values.length; at++) {
      scales[at % columns] = Math.max(scales[at % columns] ?? 0, Math.abs(values[at] ?? 0) / 127)
    }
    const rounded = Int8Array.from(values, (value, at) => Math.round(value / (scales[at % columns] || 1)))
    return {
      values: this.#initializer(`${name}.int8`, [rows, columns], elementType.int8, Buffer.from(rounded.buffer)),
      scales: this.floats(`${name}.scale`, { shape: [columns], values: scales }),
      zeros: this.#initializer(`${name}.zero`, [columns], elementType.int8, Buffer.alloc(columns)),
    }
  }

  toBytes(): Buffer {
    const graph = new ProtobufWriter()
    for (const node of this.#nodes) graph.message(1, node)
    graph.string(2, this.#name)
    for (const initializer of this.#initializers) graph.message(5, initializer)
    for (const input of this.#inputs) graph.message(11, input)
    for (const output of this.#outputs) graph.message(12, output)
    const domains = [new ProtobufWriter().string(1, '').integer(2, opset)]
    domains.push(new ProtobufWriter().string(1, customDomain).integer(2, 1))
    const model = new ProtobufWriter().integer(1, irVersion).message(7, graph)
    for (const domain of domains) model.message(8, domain)
    return model.toBytes()
  }

  #initializer(name: string, shape: number[], type: number, bytes: Buffer): string {
    const tensor = new ProtobufWriter()
    for (const size of shape) tensor.integer(1, size)
    this.#initializers.push(tensor.integer(2, type).string(8, name).bytes(9, bytes))
    return name
  }
}

export function outputOf(node: string, at: number): string {
  return `${node}_${at}`
}

function nodeMessage(operator: string, inputs: string[], outputs: string[], options: NodeOptions): ProtobufWriter {
  const node = new ProtobufWriter()
  for (const input of inputs) node.string(1, input)
  for (const output of outputs) node.string(2, output)
  node.string(3, outputs[0] ?? operator).string(4, operator)
  for (const [name, value] of Object.entries(options.floats ?? {})) {
    node.message(5, new ProtobufWriter().string(1, name).float(2, value).integer(20, attributeType.float))
  }
  for (const [name, value] of Object.entries(options.ints ?? {})) {
    node.message(5, new ProtobufWriter().string(1, name).integer(3, value).integer(20, attributeType.int))
  }
  if (options.custom) node.string(7, customDomain)
  return node
}

function valueInfo(name: string, type: number, sizes: (string | number)[]): ProtobufWriter {
  const shape = new ProtobufWriter()
  for (const size of sizes) {
    const dimension = new ProtobufWriter()
    shape.message(1, typeof size === 'string' ? dimension.string(2, size) : dimension.integer(1, size))
  }
  const tensor = new ProtobufWriter().integer(1, type).message(2, shape)
  return new ProtobufWriter().string(1, name).message(2, new ProtobufWriter().message(1, tensor))
}
