/** The names of our cookies. `__Host-` (RFC 6265bis §4.1.3.2) keeps other hosts of the domain from setting them, and needs https. */

export function cookieNames(publicUrl: string): { session: string; state: string } {
  const prefix = publicUrl.startsWith('https:') ? '__Host-' : ''
  return { session: `${prefix}mevichat_session`, state: `${prefix}mevichat_state` }
}
