/** Where an address leads nowhere, or a place fails to open. */
import { Link } from '@tanstack/react-router'
import { Compass } from 'lucide-react'
import { Button } from './ui/button.tsx'
import { Empty, Failed } from './ui/states.tsx'

export function Missing() {
  return (
    <main className="mx-auto max-w-xl px-4 py-16">
      <Empty
        isWhole
        icon={Compass}
        title="There is nothing at this address"
        action={
          <Button asChild kind="main">
            <Link to="/">To your bots</Link>
          </Button>
        }
      >
        It may have been deleted, or it belongs to a workspace that you are not a member of.
      </Empty>
    </main>
  )
}

export function Stumbled({ error }: { error: unknown }) {
  return (
    <main className="mx-auto max-w-xl px-4 py-16">
      <Failed error={error} onRetry={() => location.reload()} />
    </main>
  )
}
