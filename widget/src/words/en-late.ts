/** What a visitor can read once the first answer stands. */
export const lateWords = {
  copy: 'Copy',
  copied: 'Copied',
  sources: 'Sources',
  helpful: 'Helpful',
  unhelpful: 'Not helpful',
  unrated: 'That was not saved. Please try again.',
  latest: 'Go to the end',
  stopped: 'You stopped this answer.',
  cut: 'This answer reached its limit.',
  wait: 'Try again in {n} s',
}
