/** `npm run generate` writes every generated file anew. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { generated } from './generated/generated.ts'

for (const [path, make] of Object.entries(generated)) {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, make())
}
