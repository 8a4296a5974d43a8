/** The button counts down to the moment, in milliseconds of the epoch, at which the server listens again. */
import { fill, type Words } from '../words.ts'

export function countDown(button: HTMLButtonElement, until: number, words: Words): void {
  const seconds = Math.ceil((until - Date.now()) / 1000)
  button.disabled = seconds > 0
  button.textContent = seconds > 0 ? fill(words.wait, seconds) : words.retry
  if (seconds > 0) setTimeout(() => button.isConnected && countDown(button, until, words), 1_000)
}
