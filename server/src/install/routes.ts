import { installOperations } from '@mevichat/protocol/install.ts'
import { requireBot } from '../bots/bots.ts'
import type { HttpApp } from '../platform/http/app.ts'
import type { BotId } from '../platform/id.ts'
import { openEgress } from '../platform/safe-fetch.ts'
import { addOperations, type OperationPorts } from '../workspaces/operations.ts'
import { checkInstall, lookAtSite } from './install.ts'

export interface InstallRoutePorts extends OperationPorts {
  egressAllow: readonly string[]
}

/** A person may have so many pages fetched in a minute. */
const perMinute = 20

export function addInstallRoutes(app: HttpApp, ports: InstallRoutePorts): void {
  const egress = openEgress(ports)
  addOperations(
    app,
    ports,
    installOperations,
    {
      async lookAtSite({ caller, body }) {
        await ports.limiter.take('install', perMinute, caller.userId)
        return lookAtSite({ egress }, body.url)
      },
      async checkInstall({ caller, params, body }) {
        await ports.limiter.take('install', perMinute, caller.userId)
        const { db, publicUrl } = ports
        return checkInstall({ db, egress, publicUrl }, caller.workspaceId, params.botId as BotId, body.url)
      },
    },
    { before: requireBot(ports) },
  )
}
