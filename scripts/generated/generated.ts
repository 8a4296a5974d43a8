/** Every committed file that is made from another, and how. */
import { readFileSync } from 'node:fs'
import { errorsPage } from './errors.ts'
import { completeLock } from './lock.ts'
import { openApiDocument } from './openapi.ts'
import { operationPathsModule } from './operation-paths.ts'
import { envExample, settingsPage } from './settings.ts'

export const generated: Record<string, () => string> = {
  '.env.example': envExample,
  'docs/reference/settings.md': settingsPage,
  'docs/reference/errors.md': errorsPage,
  'protocol/src/operation-paths.ts': operationPathsModule,
  'docs/reference/openapi.json': openApiDocument,
  'package-lock.json': () => completeLock(readFileSync('package-lock.json', 'utf8')),
}
