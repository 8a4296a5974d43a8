/** `npm run check`: format, lint, types, boundaries, unused code, generated files, sources and budgets. */
import { check } from './check/check.ts'

const { failed } = await check()
process.exitCode = failed > 0 ? 1 : 0
