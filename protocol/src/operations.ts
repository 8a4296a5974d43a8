/** Every operation of the owner's API, by its name. */

import { auditOperations } from './audit.ts'
import { botOperations } from './bots.ts'
import { conversationOperations } from './conversations.ts'
import { credentialOperations } from './credentials.ts'
import { insightOperations } from './insights.ts'
import { installOperations } from './install.ts'
import { invitationOperations } from './invitations.ts'
import { keyOperations } from './keys.ts'
import { knowledgeOperations } from './knowledge.ts'
import { memberOperations } from './members.ts'
import type { Operations } from './operation.ts'
import { personalTokenOperations } from './personal-tokens.ts'
import { priceOperations } from './prices.ts'
import { promptOperations } from './prompts.ts'
import { sourceOperations } from './sources.ts'
import { usageOperations } from './usage.ts'
import { workspaceOperations } from './workspaces.ts'

export const operations = {
  ...workspaceOperations,
  ...memberOperations,
  ...invitationOperations,
  ...auditOperations,
  ...usageOperations,
  ...botOperations,
  ...keyOperations,
  ...conversationOperations,
  ...insightOperations,
  ...installOperations,
  ...credentialOperations,
  ...priceOperations,
  ...knowledgeOperations,
  ...personalTokenOperations,
  ...promptOperations,
  ...sourceOperations,
} satisfies Operations
