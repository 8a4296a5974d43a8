/** Where the dashboard begins: at the workspace that was open last. */
import { Navigate } from '@tanstack/react-router'
import { useMe } from '../shell/me.ts'
import { Loaded } from '../ui/states.tsx'
import { lastWorkspace } from './last-workspace.ts'
import { NewWorkspace } from './new-workspace.tsx'

export function Entrance() {
  const me = useMe()
  if (!me.data) {
    return (
      <main className="mx-auto max-w-xl px-4 py-16">
        <Loaded query={me}>{() => null}</Loaded>
      </main>
    )
  }
  const { workspaces } = me.data
  const workspace = workspaces.find(({ id }) => id === lastWorkspace()) ?? workspaces[0]
  if (!workspace) return <NewWorkspace />
  return <Navigate replace to="/$workspaceId" params={{ workspaceId: workspace.id }} />
}
