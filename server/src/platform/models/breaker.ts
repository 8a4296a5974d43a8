/**
 * Keeps a failing provider from being asked again and again: one for each provider, credential and model. It opens
 * when, within ten seconds, five calls and at least half of them failed; five seconds later one call goes through to
 * try, and decides as soon as an answer to it begins. Retries have a budget of their own, so that the calls made stay below 1.1 times those asked for.
 */
import type { Clock } from '../clock.ts'
import { ModelError } from './models.ts'

const windowMs = 10_000
const failuresToOpen = 5
const openMs = 5_000
const retriesAtStart = 2
const retriesPerRequest = 0.08
const retriesAtMost = 10

export type Outcome = 'succeeded' | 'failed' | 'unknown'

/** How a call went, said once; of a reply that comes bit by bit, before that, that it has begun. */
export type Report = (news: 'begun' | Outcome) => void

export interface Breaker {
  /** Before each call: throws ModelError while open. */
  enter(): Report
  /** Once for each request, whatever the number of its calls. */
  countRequest(): void
  /** Takes a retry from the budget, if there is one. */
  mayRetry(): boolean
}

export function createBreaker(clock: Clock, provider: string): Breaker {
  let windowStart = clock.monotonicMs()
  let calls = 0
  let failures = 0
  let openUntil: number | null = null
  let isProbing = false
  let retries = retriesAtStart

  function open(): void {
    openUntil = clock.monotonicMs() + openMs
  }

  function close(): void {
    openUntil = null
    calls = failures = 0
  }

  function count(news: 'begun' | Outcome): void {
    if (news === 'begun' || news === 'unknown' || openUntil !== null) return
    const now = clock.monotonicMs()
    if (now - windowStart > windowMs) {
      windowStart = now
      calls = failures = 0
    }
    calls++
    if (news === 'failed') failures++
    if (failures >= failuresToOpen && failures * 2 >= calls) open()
  }

  return {
    enter() {
      let isProbe = openUntil !== null
      if (openUntil !== null && (isProbing || clock.monotonicMs() < openUntil)) {
        throw new ModelError('llm_unavailable', `${provider} failed too often, it is left alone for a moment`)
      }
      isProbing = isProbe
      return (news) => {
        if (!isProbe) return count(news)
        isProbe = isProbing = false
        if (news === 'failed') open()
        else if (news !== 'unknown') close()
      }
    },
    countRequest() {
      retries = Math.min(retriesAtMost, retries + retriesPerRequest)
    },
    mayRetry() {
      if (retries < 1) return false
      retries--
      return true
    },
  }
}
