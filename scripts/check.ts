/** `npm run check`: types, format, lint, boundaries, unused code, front ends within budget, generated files, sources. */
import { check } from './check/check.ts'

const { failed } = await check()
process.exitCode = failed > 0 ? 1 : 0
