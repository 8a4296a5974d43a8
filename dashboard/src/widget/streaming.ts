/** Whether a stream of this server reaches the browser piece by piece, through whatever stands between. */
export async function isStreamed(): Promise<boolean | null> {
  try {
    const response = await fetch('/health/stream')
    const reader = response.body?.getReader()
    if (!response.ok || !reader) return null
    const arrivals: number[] = []
    for (;;) {
      const { done } = await reader.read()
      if (done) break
      arrivals.push(performance.now())
    }
    const [first = 0, last = 0] = [arrivals[0], arrivals.at(-1)]
    return last - first > heldBelowMs
  } catch {
    return null
  }
}

/** The server takes three quarters of a second over it. */
const heldBelowMs = 300
