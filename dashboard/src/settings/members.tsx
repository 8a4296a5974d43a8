/** Who belongs to the workspace, and who was invited. */
import { may, type Role, roles } from '@mevichat/protocol/roles.ts'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { callTagged, type Output } from '../api.ts'
import { showDay } from '../dates.ts'
import { useChange, usePages, useRead, useSetting } from '../queries.ts'
import { useMe } from '../shell/me.ts'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { Confirm } from '../ui/dialog.tsx'
import { SelectField, TextField } from '../ui/field.tsx'
import { Card } from '../ui/page.tsx'
import { Failed, Loaded, Skeleton } from '../ui/states.tsx'
import { say } from '../ui/toasts.tsx'
import { words as common } from '../words.ts'
import { words } from './words.ts'

const route = getRouteApi('/$workspaceId/settings')
const said = words.workspace
type Member = Output<'listMembers'>['members'][number]

export function Members() {
  const params = route.useParams()
  const me = useMe().data
  const role = me?.workspaces.find(({ id }) => id === params.workspaceId)?.role ?? 'viewer'
  const query = usePages('listMembers', { params })
  const [removing, setRemoving] = useState<Member | null>(null)
  const remove = useChange('removeMember', { stale: ['listMembers'], onDone: () => setRemoving(null) })
  if (query.isPending) return <Skeleton />
  if (query.error) return <Failed error={query.error} onRetry={() => void query.refetch()} />
  const mayEdit = may(role, 'editMembers')
  return (
    <div className="grid gap-6">
      {mayEdit && <Invite own={role} />}
      <ul className="divide-y divide-line rounded-xl border border-line">
        {query.data.pages
          .flatMap(({ members }) => members)
          .map((member) => (
            <li key={member.user_id} className="flex flex-wrap items-center gap-3 px-4 py-3">
              <span className="min-w-40 grow">
                <span className="font-medium">{member.name ?? member.email ?? '–'}</span>
                {member.user_id === me?.user.id && <span className="text-soft"> ({said.you})</span>}
                {member.name && <span className="block text-sm text-soft">{member.email}</span>}
              </span>
              <RoleOf member={member} own={role} />
              {mayEdit && member.user_id !== me?.user.id && (
                <Button size="small" kind="danger" onClick={() => setRemoving(member)}>
                  {said.remove}
                </Button>
              )}
            </li>
          ))}
      </ul>
      {query.hasNextPage && (
        <Button className="justify-self-center" onClick={() => void query.fetchNextPage()}>
          {common.more}
        </Button>
      )}
      {mayEdit && <Invitations />}
      <Confirm
        title={said.removeTitle}
        about={`${removing?.name ?? removing?.email ?? ''}: ${said.removeAbout}`}
        action={said.remove}
        isOpen={removing !== null}
        isBusy={remove.isPending}
        onConfirm={() => removing && remove.mutate({ params: { ...params, userId: removing.user_id } })}
        onClose={() => setRemoving(null)}
      />
    </div>
  )
}

/** Roles up to one's own; only an owner changes an owner. */
function RoleOf({ member, own }: { member: Member; own: Role }) {
  const params = { ...route.useParams(), userId: member.user_id }
  const change = useChange('changeMember', { stale: ['listMembers', 'getMe'], isQuiet: true })
  const [shown, setRole] = useSetting(member.role, async (role) => {
    const { etag } = await callTagged('getMember', { params })
    await change.mutateAsync({ params, body: { role }, ifMatch: etag })
  })
  const upTo = roles.slice(0, roles.indexOf(own) + 1)
  if (!may(own, 'editMembers') || !upTo.includes(member.role)) return <Badge>{said.roles[member.role][0]}</Badge>
  return (
    <SelectField
      label={said.role}
      isLabelHidden
      className="w-32"
      value={shown}
      onChange={(event) => setRole(event.target.value as Role)}
    >
      {upTo.map((role) => (
        <option key={role} value={role}>
          {said.roles[role][0]}
        </option>
      ))}
    </SelectField>
  )
}

function Invite({ own }: { own: Role }) {
  const params = route.useParams()
  const [email, setEmail] = useState('')
  const [role, setRole] = useState<Role>('editor')
  const invite = useChange('createInvitation', {
    stale: ['listInvitations'],
    onDone() {
      say(said.invited(email))
      setEmail('')
    },
  })
  return (
    <Card title={said.invite}>
      <form
        className="flex flex-wrap items-end gap-2"
        onSubmit={(event) => {
          event.preventDefault()
          invite.mutate({ params, body: { email, role } })
        }}
      >
        <TextField
          label={said.email}
          type="email"
          required
          className="min-w-60 grow"
          value={email}
          onChange={(event) => setEmail(event.target.value)}
        />
        <SelectField
          label={said.role}
          className="w-32"
          value={role}
          onChange={(event) => setRole(event.target.value as Role)}
        >
          {roles.slice(0, roles.indexOf(own) + 1).map((one) => (
            <option key={one} value={one}>
              {said.roles[one][0]}
            </option>
          ))}
        </SelectField>
        <Button kind="main" type="submit" isBusy={invite.isPending}>
          {said.invite}
        </Button>
      </form>
      <p className="mt-3 text-sm text-soft">{said.roles[role][1]}</p>
    </Card>
  )
}

function Invitations() {
  const params = route.useParams()
  const query = useRead('listInvitations', { params, query: { state: 'pending' } })
  const revoke = useChange('revokeInvitation', { stale: ['listInvitations'] })
  return (
    <Card title={said.pending}>
      <Loaded query={query} rows={1}>
        {({ invitations }) =>
          invitations.length === 0 ? (
            <p className="text-soft">{said.nobodyPending}</p>
          ) : (
            <ul className="-my-3 divide-y divide-line">
              {invitations.map(({ id, email, role, expires_at }) => (
                <li key={id} className="flex flex-wrap items-center gap-3 py-3">
                  <span className="min-w-40 grow">
                    {email}
                    <span className="block text-sm text-soft">{said.expires(showDay(expires_at))}</span>
                  </span>
                  <Badge>{said.roles[role][0]}</Badge>
                  <Button size="small" onClick={() => revoke.mutate({ params: { ...params, invitationId: id } })}>
                    {said.revoke}
                  </Button>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Card>
  )
}
