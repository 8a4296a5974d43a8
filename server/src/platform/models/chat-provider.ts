/**
 * A chat model over the network: what every provider gets beside its wire format. One retry before the first text,
 * a breaker for each model, and the memory of which parameters it does not take.
 */
import { type Breaker, createBreaker, type Outcome } from './breaker.ts'
import { type ModelPorts, type ModelTimeouts, modelTimeouts, startExchange } from './exchange.ts'
import { malformed, ParameterRefused } from './failures.ts'
import { type ChatModel, type ChatModelRequest, ModelError } from './models.ts'
import type { ChatWire } from './wire.ts'

/** A visitor waits: what a provider wants to be left alone for longer than this is not tried again. */
const maxRetryDelayMs = 2_000

/**
 * What a reply may come to, by the tokens that were asked for: four times as many characters as they usually are, and
 * the bytes of a chunk for each of them, beside some for what comes with a reply of any length.
 */
const leastTokens = 2_048
const maxCharsPerToken = 16
const maxBytesPerToken = 1_024
const maxBytesBeside = 4 * 1024 * 1024

/** One for each provider and credential. Throws as `ChatModel.stream` says. */
export function createChatProvider(
  ports: ModelPorts,
  wire: ChatWire,
  timeouts: ModelTimeouts = modelTimeouts,
): ChatModel {
  const known = new Map<string, { breaker: Breaker; refused: Set<string> }>()

  function memoryOf(model: string) {
    const memory = known.get(model) ?? { breaker: createBreaker(ports.clock, wire.provider), refused: new Set() }
    known.set(model, memory)
    return memory
  }

  /** `asked` is let go with the first text: from then on nothing is tried again, and a prompt is large. */
  async function* streamOf(asked: { request: ChatModelRequest | null }, model: string, signal: AbortSignal) {
    const { breaker, refused } = memoryOf(model)
    breaker.countRequest()
    for (let isRetry = false; asked.request; ) {
      const report = breaker.enter()
      let outcome: Outcome = 'unknown'
      asked.request.onCall?.()
      const tokens = Math.max(leastTokens, asked.request.maxOutputTokens)
      const limits = { ...timeouts, maxBytes: maxBytesBeside + tokens * maxBytesPerToken }
      const exchange = startExchange(ports, wire, wire.call(asked.request, refused), limits, signal)
      let hasBegun = false
      let hasVisibleText = false
      let chars = 0
      let delayMs = 0
      try {
        for (let text = await exchange.next(); text !== null; text = await exchange.next()) {
          if (!hasBegun) report('begun')
          hasBegun = true
          asked.request = null
          hasVisibleText ||= /\S/.test(text)
          chars += text.length
          if (chars > tokens * maxCharsPerToken) throw malformed(wire.provider, 'more than it was asked for')
          yield { text }
        }
        outcome = 'succeeded'
        if (!hasVisibleText) throw malformed(wire.provider, 'an empty reply')
        yield { finish: exchange.reply.finish ?? 'stop', usage: exchange.reply.usage }
        return
      } catch (error) {
        // One that this call sent, whatever others have learned meanwhile; so each is refused once at most.
        if (error instanceof ParameterRefused) {
          refused.add(error.parameter)
          continue
        }
        if (error instanceof ModelError && error.isRetryable) outcome = 'failed'
        if (hasBegun || isRetry || !mayRetry(error, breaker)) throw error
        isRetry = true
        delayMs = (error.retryAfterMs ?? 0) + 100 + Math.random() * 300
      } finally {
        exchange.close()
        report(outcome)
      }
      await ports.clock.sleep(delayMs, signal)
    }
  }

  return {
    provider: wire.provider,
    stream: (request, signal) => streamOf({ request }, request.model, signal),
  }
}

function mayRetry(error: unknown, breaker: Breaker): error is ModelError {
  return (
    error instanceof ModelError &&
    error.isRetryable &&
    (error.retryAfterMs ?? 0) <= maxRetryDelayMs &&
    breaker.mayRetry()
  )
}
