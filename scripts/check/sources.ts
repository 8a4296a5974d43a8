/** What no tool on the market looks for: files that grew too long, and names from outside the project. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

const maxLines = 400
/** Written so that this file does not name them either. */
const foreign = [/(?<![\w.])\/wor[k]\//, /\.\.\/share[d]\b/, /\.librar[y]\b/, /registr[y]\.npmjs/, /deb\.debia[n]\.org/]
const code = /\.(ts|mjs|cjs|sh)$/
const binary = /\.(png|jpe?g|webp|ico|woff2?|pdf|docx|gz|xz)$/

/** A sentence a problem, over every file that git knows or would take. */
export function sourceProblems(): string[] {
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], { encoding: 'utf8' })
  const paths = listed.split('\0').filter((path) => path !== '' && existsSync(path) && !binary.test(path))
  return paths.flatMap((path) => fileProblems(path, readFileSync(path, 'utf8')))
}

export function fileProblems(path: string, text: string): string[] {
  const lines = text.split('\n')
  const problems = lines.flatMap((line, index) =>
    foreign.some((name) => name.test(line)) ? [`${path}:${index + 1} names what is not part of the project`] : [],
  )
  if (code.test(path) && lines.length > maxLines + 1)
    problems.push(`${path} has ${lines.length - 1} lines, more than ${maxLines}`)
  return problems
}
