/** A short-lived token of the session, for what takes tokens alone. */
const tokens = new Map<string, { token: string; until: number }>()
const marginMs = 60_000

export async function playgroundToken(send: typeof fetch, workspaceId: string): Promise<string> {
  const known = tokens.get(workspaceId)
  if (known && known.until > Date.now()) return known.token
  const response = await send('/api/auth/token/', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ workspace_id: workspaceId }),
  })
  if (!response.ok) throw new Error(`no token: ${response.status}`)
  const { token, expires_in } = await response.json()
  tokens.set(workspaceId, { token, until: Date.now() + expires_in * 1_000 - marginMs })
  return token
}
