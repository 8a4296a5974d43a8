/** Every operation of the owner's API, by its name. */
import type { Operations } from './operation.ts'
import { sourceOperations } from './sources.ts'

export const operations: Operations = { ...sourceOperations }
