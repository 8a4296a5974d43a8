/** The next act where nobody has asked anything yet. */
import { Link } from '@tanstack/react-router'
import type { BotParams } from '../bot/use-draft.ts'
import { Button } from '../ui/button.tsx'

export function ToPlayground({ params, children }: { params: BotParams; children: string }) {
  return (
    <Button asChild>
      <Link to="/$workspaceId/$botId/playground" params={params}>
        {children}
      </Link>
    </Button>
  )
}
