/** `.env.example` and the page about settings, from what the server reads. */
import { settings } from '../../server/src/config.ts'

const rows = Object.entries(settings)

export function envExample(): string {
  const blocks = rows.map(([name, { about, default: fallback }]) => {
    const value = fallback === null ? `# ${name}=` : `# ${name}=${fallback}`
    return `# ${about}\n${value}\n`
  })
  return `# Every setting of Mevichat with its default. A copy of this file named .env is read by npm start.\n\n${blocks.join('\n')}`
}

export function settingsPage(): string {
  const table = rows.map(
    ([name, { about, default: fallback }]) =>
      `| \`${name}\` | ${about} | ${fallback === null ? '' : `\`${fallback}\``} |`,
  )
  return [
    '# Settings',
    '',
    'Mevichat reads its settings from the environment, once, at the start; npm start adds those of a file `.env`. All wrong',
    'ones are reported together and the start ends with exit code 78. An empty value counts as not set.',
    '',
    '| name | what it does | default |',
    '| --- | --- | --- |',
    ...table,
    '',
  ].join('\n')
}
