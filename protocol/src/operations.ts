/** Every operation of the owner's API, by its name. */

import { knowledgeOperations } from './knowledge.ts'
import type { Operations } from './operation.ts'
import { sourceOperations } from './sources.ts'

export const operations = { ...knowledgeOperations, ...sourceOperations } satisfies Operations
