import { openApiOf } from '../../protocol/src/openapi.ts'
import { operations } from '../../protocol/src/operations.ts'

export function openApiDocument(): string {
  return `${JSON.stringify(openApiOf(operations), null, 2)}\n`
}
