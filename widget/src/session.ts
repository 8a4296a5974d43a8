/** Whether the panel was open in this tab, so that it is again after a page change. Wide screens only: a phone's page stays free. */

const name = (publicKey: string) => `mevichat-open:${publicKey}`

/** Where the panel covers the page. */
export const fullScreen = matchMedia('(max-width: 480px), (max-height: 480px)')

export function wasOpen(publicKey: string): boolean {
  try {
    return sessionStorage.getItem(name(publicKey)) !== null && !fullScreen.matches
  } catch {
    return false
  }
}

export function rememberOpen(publicKey: string, isOpen: boolean): void {
  try {
    if (isOpen) sessionStorage.setItem(name(publicKey), '1')
    else sessionStorage.removeItem(name(publicKey))
  } catch {
    // Blocked storage only costs the memory of it.
  }
}
