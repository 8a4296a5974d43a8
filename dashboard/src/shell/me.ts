import type { Output } from '../api.ts'
import { useRead } from '../queries.ts'

export type Me = Output<'getMe'>

/** Who is signed in, and the workspaces they are a member of. */
export function useMe() {
  return useRead('getMe', {})
}
