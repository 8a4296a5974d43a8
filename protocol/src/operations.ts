/** Every operation of the owner's API, by its name. */

import { botOperations } from './bots.ts'
import { conversationOperations } from './conversations.ts'
import { credentialOperations } from './credentials.ts'
import { insightOperations } from './insights.ts'
import { installOperations } from './install.ts'
import { keyOperations } from './keys.ts'
import { knowledgeOperations } from './knowledge.ts'
import type { Operations } from './operation.ts'
import { personalTokenOperations } from './personal-tokens.ts'
import { sourceOperations } from './sources.ts'

export const operations = {
  ...botOperations,
  ...keyOperations,
  ...conversationOperations,
  ...insightOperations,
  ...installOperations,
  ...credentialOperations,
  ...knowledgeOperations,
  ...personalTokenOperations,
  ...sourceOperations,
} satisfies Operations
