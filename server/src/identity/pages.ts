/** The pages on which people sign in. They need no script. */
import { type Html, html } from '../platform/http/html.ts'
import type { CardPage } from '../platform/http/page.ts'
import { linkMinutes } from './auth-times.ts'

const alert = (text: string | null): Html | null =>
  text === null ? null : html`<p class="alert" role="alert">${text}</p>`

export interface SignInPage {
  next: string
  hasGoogle: boolean

  email?: string
  problem?: string | null
}

export function signInPage({ next, hasGoogle, email = '', problem = null }: SignInPage): CardPage {
  return {
    title: 'Sign in',
    body: html`<h1>Sign in</h1>
${alert(problem)}
${hasGoogle ? googleButton(next) : null}
<form method="post" action="/sign-in/email/">
<input type="hidden" name="next" value="${next}">
<label for="email">E-mail address</label>
<input id="email" name="email" type="email" autocomplete="email" required maxlength="254" value="${email}">
<button type="submit">Send me a link</button>
</form>
<p class="soft">No password is needed: the link signs you in. A new address makes a new account.</p>`,
  }
}

function googleButton(next: string): Html {
  return html`<form method="post" action="/sign-in/google/">
<input type="hidden" name="next" value="${next}">
<button type="submit" class="plain"><img src="/site/google.svg" alt="" width="18" height="18">Continue with Google</button>
</form>
<p class="or">or</p>`
}

export function sentPage({ email, hasOutbox }: { email: string; hasOutbox: boolean }): CardPage {
  return {
    title: 'Look into your mail',
    body: html`<h1>Look into your mail</h1>
<p>A link is on its way to <strong>${email}</strong>. It works once, for ${linkMinutes} minutes.</p>
${hasOutbox ? html`<p class="soft">This instance sends no mail yet. The link is in the log and in the <a href="/dev/outbox/">outbox</a>.</p>` : null}
<p class="soft">Nothing there? Look into the spam folder, or <a href="/sign-in/">ask for another</a>.</p>`,
  }
}

export function linkPage({ token, next, email }: { token: string; next: string; email: string }): CardPage {
  return {
    title: 'Sign in',
    body: html`<h1>Welcome</h1>
<p>You are about to sign in as <strong>${email}</strong>.</p>
<form method="post" action="/sign-in/link/">
<input type="hidden" name="token" value="${token}">
<input type="hidden" name="next" value="${next}">
<button type="submit">Sign in</button>
</form>
<p class="soft">Did you not ask for this link? Then close this page.</p>`,
  }
}

export function goneLinkPage(): CardPage {
  return {
    title: 'This link no longer works',
    body: html`<h1>This link no longer works</h1>
<p>It was used already, or it is older than ${linkMinutes} minutes.</p>
<a class="button" href="/sign-in/">Ask for another</a>`,
  }
}

export function firstOwnerPage({ token, problem = null, email = '', name = '' }: FirstOwnerPage): CardPage {
  return {
    title: 'Become the owner',
    body: html`<h1>Become the owner</h1>
<p>This Mevichat has no owner yet. Who are you?</p>
${alert(problem)}
<form method="post" action="/sign-in/first-owner/">
<input type="hidden" name="token" value="${token}">
<label for="name">Your name</label>
<input id="name" name="name" autocomplete="name" required maxlength="100" value="${name}">
<label for="email">Your e-mail address</label>
<input id="email" name="email" type="email" autocomplete="email" required maxlength="254" value="${email}">
<button type="submit">Make me the owner</button>
</form>
<p class="soft">You sign in with this address later on, so make sure that you can read its mail.</p>`,
  }
}

interface FirstOwnerPage {
  token: string
  problem?: string | null
  email?: string
  name?: string
}

export function goneOwnerPage(): CardPage {
  return {
    title: 'This link no longer works',
    body: html`<h1>This link no longer works</h1>
<p>It was used already, or the server was started again since. While there is no owner, its log has the link that works.</p>
<a class="button" href="/sign-in/">Sign in</a>`,
  }
}

/** Between our form and the provider. */
export function onwardPage(url: string): CardPage {
  return {
    title: 'On to Google',
    onward: url,
    body: html`<h1>One moment</h1>
<p>You are being taken to Google.</p>
<a class="button" href="${url}">Continue</a>`,
  }
}

/** Why a provider's callback was refused, by Better Auth's reason. */
export function callbackProblem(reason: string | undefined): string {
  if (reason === 'access_denied') return 'You did not let Google tell us who you are, so nothing has happened.'
  if (reason === 'unable_to_get_user_info')
    return 'Google did not confirm who you are, or has not verified your e-mail address. Try a link by e-mail instead.'
  return 'Signing in with Google did not work this time. Please try again.'
}
