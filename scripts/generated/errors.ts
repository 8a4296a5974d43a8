/** The page about errors, from the catalogue. */
import { errors } from '../../protocol/src/errors.ts'

export function errorsPage(): string {
  const rows = Object.entries(errors)
    .sort(([, [one]], [, [other]]) => one - other)
    .map(([code, [status, message]]) => `| ${status} | \`${code}\` | ${message} |`)
  return [
    '# Errors',
    '',
    'Outside a stream an error is `{"error": "<code>"}` with the status of this table; the export endpoint says `detail`',
    'instead of `error`. Once a stream is open, an error is an `error` event and the stream then ends with `done`.',
    '',
    '| status | code | meaning |',
    '| --- | --- | --- |',
    ...rows,
    '',
  ].join('\n')
}
