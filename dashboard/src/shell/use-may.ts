import { type Action, may } from '@mevichat/protocol/roles.ts'
import { useParams } from '@tanstack/react-router'
import { useMe } from './me.ts'

/** What one's role in the open workspace allows; nothing while it is not known. The server asks again. */
export function useMay(): (action: Action) => boolean {
  const { workspaceId } = useParams({ strict: false })
  const role = useMe().data?.workspaces.find(({ id }) => id === workspaceId)?.role
  return (action) => role !== undefined && may(role, action)
}
