/** What an owner's own page tells: how it looks, and whether the widget can run there. */
import { z } from 'zod'
import { declare } from './operation.ts'

const url = z.string().trim().min(1).max(2_000)

const siteLook = z.object({
  /** Where the address led. */
  url: z.string(),
  name: z.string(),
  description: z.string().nullable(),
  /** BCP 47. */
  language: z.string().nullable(),
  /** Such as `#0f766e`; null where the page names none. */
  accent: z.string().nullable(),
})

export const installCheckNames = ['page', 'snippet', 'key', 'origin', 'https', 'policy'] as const

const installCheck = z.object({
  name: z.enum(installCheckNames),
  /** `unknown` where an earlier one stands in the way of looking. */
  state: z.enum(['pass', 'warning', 'fail', 'unknown']),
  /** What was found, and what to do about it. */
  about: z.string(),
})

const installReport = z.object({ url: z.string(), checks: z.array(installCheck) })

export type SiteLook = z.infer<typeof siteLook>
export type InstallReport = z.infer<typeof installReport>

export const installOperations = declare({
  lookAtSite: {
    method: 'POST',
    path: '/api/workspaces/:workspaceId/look-at-site/',
    needs: 'editBots',
    about: 'Reads name, language and colour from an owner’s page, for a first bot.',
    body: z.strictObject({ url }),
    status: 200,
    answer: siteLook,
  },
  checkInstall: {
    method: 'POST',
    path: '/api/workspaces/:workspaceId/bots/:botId/install-check/',
    needs: 'read',
    about: 'Fetches a page and says whether the widget of this bot can run there, and what to change.',
    body: z.strictObject({ url }),
    status: 200,
    answer: installReport,
  },
})
