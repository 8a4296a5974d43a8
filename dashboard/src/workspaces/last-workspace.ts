/** Which workspace was open last in this browser. */
const key = 'mevichat-workspace'

export function lastWorkspace(): string | null {
  return localStorage.getItem(key)
}

export function rememberWorkspace(workspaceId: string): void {
  localStorage.setItem(key, workspaceId)
}
