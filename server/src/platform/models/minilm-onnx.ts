/**
 * Writes all-MiniLM-L6-v2 as an ONNX graph from its safetensors: a BERT encoder with 8-bit weights, mean pooling and L2
 * norm. Made here, in a second, since no package on the registry ships the model in a form that runs fast on a CPU.
 */
import { OnnxGraph, outputOf, type Tensor } from './onnx-graph.ts'
import { readSafetensors } from './safetensors.ts'

const hidden = 384
const layers = 6
const heads = 12
const epsilon = 1e-12
/** The name of an input that is left out. */
const absent = ''

/** The model as bytes of an ONNX file: input `input_ids` (int64) of one text, which needs no mask; output `embedding`. */
export function miniLmOnnx(safetensors: Buffer): Buffer {
  const weights = readSafetensors(safetensors)
  const graph = new OnnxGraph('minilm')

  /** `x·Wᵀ + b` in 8 bits; the input's scale is found at run time. */
  function linear(x: string, name: string): string {
    const weight = graph.quantized(`${name}.weight`, transposed(weights(`${name}.weight`)))
    const bias = graph.floats(`${name}.bias`, weights(`${name}.bias`))
    return graph.node('DynamicQuantizeMatMul', [x, weight.values, weight.scales, weight.zeros, bias], { custom: true })
  }

  /** The runtime's own layer norm adds up number by number; that of instances, to which a token is a channel, takes a tenth of it. */
  function layerNorm(x: string, residual: string, name: string): string {
    const gamma = graph.floats(`${name}.weight`, weights(`${name}.weight`))
    const beta = graph.floats(`${name}.bias`, weights(`${name}.bias`))
    const sum = graph.node('Add', [x, residual])
    const normal = graph.node('InstanceNormalization', [sum, ones, zeros], { floats: { epsilon } })
    return graph.node('Add', [graph.node('Mul', [normal, gamma]), beta])
  }

  /** Query, key and value as one matrix, as the attention operator wants them. */
  function attention(x: string, name: string): string {
    const parts = ['query', 'key', 'value'].map((part) => `${name}.${part}`)
    const weight = graph.quantized(
      `${name}.weight`,
      sideBySide(parts.map((part) => transposed(weights(`${part}.weight`)))),
    )
    const bias = graph.floats(`${name}.bias`, joined(parts.map((part) => weights(`${part}.bias`))))
    const values = graph.node('DynamicQuantizeLinear', [x], { outputCount: 3 })
    const [scale, zero] = [outputOf(values, 1), outputOf(values, 2)]
    return graph.node('QAttention', [values, weight.values, bias, scale, weight.scales, absent, zero, weight.zeros], {
      custom: true,
      ints: { num_heads: heads },
    })
  }

  const ids = graph.node('Cast', [graph.input('input_ids')], { ints: { to: OnnxGraph.int32 } })
  const zeros = graph.node('ConstantOfShape', [graph.node('Shape', [ids], { ints: { start: 1 } })])
  const ones = graph.node('Exp', [zeros])
  const segments = graph.node('Sub', [ids, ids])
  const tables = ['word_embeddings.weight', 'position_embeddings.weight', 'token_type_embeddings.weight']
  const embeddings = [...tables, 'LayerNorm.weight', 'LayerNorm.bias'].map((name) =>
    graph.floats(`embeddings.${name}`, weights(`embeddings.${name}`)),
  )
  let x = graph.node('EmbedLayerNormalization', [ids, segments, ...embeddings], {
    custom: true,
    outputCount: 2,
    floats: { epsilon },
  })

  for (let layer = 0; layer < layers; layer++) {
    const name = `encoder.layer.${layer}`
    const attended = linear(attention(x, `${name}.attention.self`), `${name}.attention.output.dense`)
    x = layerNorm(x, attended, `${name}.attention.output.LayerNorm`)
    const inner = graph.node('Gelu', [linear(x, `${name}.intermediate.dense`)], { custom: true })
    x = layerNorm(x, linear(inner, `${name}.output.dense`), `${name}.output.LayerNorm`)
  }

  // Of length one, so their sum is as good as their mean.
  const sum = graph.node('ReduceSum', [x, graph.int64s('token_axis', [1])], { ints: { keepdims: 0 } })
  graph.output('embedding', graph.node('LpNormalization', [sum], { ints: { axis: -1, p: 2 } }), hidden)
  return graph.toBytes()
}

function transposed({ shape, values }: Tensor): Tensor {
  const [rows = 0, columns = 0] = shape
  const turned = new Float32Array(values.length)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      turned[column * rows + row] = values[row * columns + column] ?? 0
    }
  }
  return { shape: [columns, rows], values: turned }
}

function sideBySide(matrices: Tensor[]): Tensor {
  const rows = matrices[0]?.shape[0] ?? 0
  const width = matrices.reduce((sum, { shape }) => sum + (shape[1] ?? 0), 0)
  const values = new Float32Array(rows * width)
  let offset = 0
  for (const { shape, values: own } of matrices) {
    const columns = shape[1] ?? 0
    for (let row = 0; row < rows; row++) {
      values.set(own.subarray(row * columns, (row + 1) * columns), row * width + offset)
    }
    offset += columns
  }
  return { shape: [rows, width], values }
}

function joined(vectors: Tensor[]): Tensor {
  const values = Float32Array.from(vectors.flatMap((vector) => [...vector.values]))
  return { shape: [values.length], values }
}
