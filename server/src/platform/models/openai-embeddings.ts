/** Embeddings of OpenAI and of everything compatible. https://platform.openai.com/docs/api-reference/embeddings */
import { type Breaker, createBreaker } from './breaker.ts'
import type { ModelPorts } from './exchange.ts'
import { malformed, ParameterRefused } from './failures.ts'
import { type EmbeddingModel, ModelError } from './models.ts'
import { type OpenAiAccount, openAiHeaders, openAiUrl } from './openai.ts'
import { post } from './post.ts'

/** Well below OpenAI's 2,048 texts and 300,000 tokens a call; others take less. */
const maxBatchTexts = 128
const maxBatchTokens = 50_000

/** A number in JSON has up to 25 characters, more where the text is indented. */
const maxBytesPerNumber = 32
const maxBytesBeside = 64 * 1024

/** A visitor waits for a query; passages are embedded in the background and may take their time. */
const patience = {
  query: { tries: 2, timeoutMs: 10_000, maxDelayMs: 2_000 },
  passage: { tries: 5, timeoutMs: 60_000, maxDelayMs: 30_000 },
}

const knownModels: Record<string, { dimensions: number; maxTokens: number }> = {
  'text-embedding-3-small': { dimensions: 1536, maxTokens: 8191 },
  'text-embedding-3-large': { dimensions: 3072, maxTokens: 8191 },
  'text-embedding-ada-002': { dimensions: 1536, maxTokens: 8191 },
}

/** More than any model in use has. */
const maxDimensions = 8_192

/** What the least of the models in use take. */
const maxTokensOfUnknown = 512

/** What we wait by ourselves; a provider may ask for more. */
const maxJitterMs = 8_000

/** A model that is not known by name is asked once, to learn its dimensions. Throws ModelError if that fails. */
export async function openAiEmbeddingModel(
  ports: ModelPorts,
  account: OpenAiAccount,
  model: string,
): Promise<EmbeddingModel> {
  const url = openAiUrl(account, 'embeddings')
  const headers = openAiHeaders(account)
  const breaker = createBreaker(ports.clock, 'openai')
  let optional = ['encoding_format']
  const known = knownModels[model]
  let dimensions = known?.dimensions ?? maxDimensions

  async function embedBatch(
    texts: string[],
    kind: 'query' | 'passage',
    signal: AbortSignal | undefined,
  ): Promise<Float32Array[]> {
    const { tries, timeoutMs, maxDelayMs } = patience[kind]
    for (let attempt = 1; ; attempt++) {
      const input = texts.map((text) => text || ' ')
      const maxBytes = maxBytesBeside + texts.length * dimensions * maxBytesPerNumber
      const body = JSON.stringify({ model, input, ...(optional.length > 0 && { encoding_format: 'base64' }) })
      try {
        const answer = await guarded(breaker, () =>
          post(ports, 'openai', { url, headers, body, optional }, { timeoutMs, maxBytes }, signal),
        )
        return vectorsOf(answer, texts.length)
      } catch (error) {
        if (error instanceof ParameterRefused) {
          optional = []
          continue
        }
        if (!(error instanceof ModelError) || !error.isRetryable || attempt >= tries) throw error
        const delayMs = Math.max(error.retryAfterMs ?? 0, Math.random() * Math.min(maxJitterMs, 250 * 4 ** attempt))
        if (delayMs > maxDelayMs) throw error
        await ports.clock.sleep(delayMs, signal)
      }
    }
  }

  if (!known) dimensions = (await embedBatch(['dimensions'], 'query', undefined))[0]?.length ?? 0
  if (dimensions > maxDimensions) throw malformed('openai', `vectors of ${dimensions} dimensions`)
  return {
    space: { provider: 'openai', model, dimensions },
    maxTokens: known?.maxTokens ?? maxTokensOfUnknown,
    isMultilingual: true,
    async embed(texts, kind, signal) {
      const vectors: Float32Array[] = []
      for (const batch of batches(texts)) vectors.push(...(await embedBatch(batch, kind, signal)))
      const odd = vectors.find((vector) => vector.length !== dimensions)
      if (odd) throw malformed('openai', `vectors of ${odd.length} dimensions where ${model} has ${dimensions}`)
      return vectors
    },
  }
}

async function guarded<T>(breaker: Breaker, run: () => Promise<T>): Promise<T> {
  const report = breaker.enter()
  try {
    const result = await run()
    report('succeeded')
    return result
  } catch (error) {
    report(error instanceof ModelError && error.isRetryable ? 'failed' : 'unknown')
    throw error
  }
}

function* batches(texts: string[]): Generator<string[]> {
  let batch: string[] = []
  let tokens = 0
  for (const text of texts) {
    // A token of cl100k is rarely less than two bytes of any script.
    const more = Math.ceil(Buffer.byteLength(text) / 2)
    if (batch.length === maxBatchTexts || (batch.length > 0 && tokens + more > maxBatchTokens)) {
      yield batch
      batch = []
      tokens = 0
    }
    batch.push(text)
    tokens += more
  }
  if (batch.length > 0) yield batch
}

function vectorsOf(body: string, count: number): Float32Array[] {
  const vectors = new Map<number, Float32Array>()
  try {
    const { data }: { data: { index: number; embedding: string | number[] }[] } = JSON.parse(body)
    for (const { index, embedding } of data) vectors.set(index, unit(embedding))
  } catch (error) {
    throw error instanceof ModelError ? error : malformed('openai', 'no embeddings')
  }
  return Array.from({ length: count }, (_, index) => {
    const vector = vectors.get(index)
    if (!vector) throw malformed('openai', 'fewer embeddings than texts')
    return vector
  })
}

function unit(embedding: string | number[]): Float32Array {
  const vector = typeof embedding === 'string' ? floatsOf(embedding) : Float32Array.from(embedding)
  let squares = 0
  for (const value of vector) squares += value * value
  if (!(squares > 0 && squares < Number.POSITIVE_INFINITY))
    throw malformed('openai', 'an embedding without a direction')
  const norm = Math.sqrt(squares)
  for (let at = 0; at < vector.length; at++) vector[at] = (vector[at] ?? 0) / norm
  return vector
}

/** Little-endian, as sent; copied where the bytes are not aligned, as a slice of a pooled buffer need not be. */
function floatsOf(base64: string): Float32Array {
  const bytes = Buffer.from(base64, 'base64')
  const { buffer, byteOffset } = bytes.byteOffset % 4 === 0 ? bytes : Uint8Array.from(bytes)
  return new Float32Array(buffer, byteOffset, Math.floor(bytes.length / 4))
}
