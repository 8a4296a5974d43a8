/** The only script a page loads by itself: reads its tag, asks for the bot's config, shows the launcher, fetches the panel. */
import type { WidgetConfig } from '@mevichat/protocol/widget-config.ts'
import { createHostApi, type Host, type Panel, type Visitor } from './host-api.ts'
import { fullScreen, rememberOpen, wasOpen } from './session.ts'
import { colours } from './ui/accent.ts'
import { showLauncher } from './ui/launcher.ts'

/** `/widget/panel-<hash>.js`, put in by the build. */
declare const panelPath: string

const script = document.currentScript
if (script instanceof HTMLScriptElement && !window.Mevichat) boot(script)

function boot(tag: HTMLScriptElement): void {
  const { origin } = new URL(tag.src)
  const { publicKey = '', visitorId, metadata, open } = tag.dataset
  const visitor: Visitor = { visitorId, metadata: metadata ? readMetadata(metadata) : undefined }
  const { api, emit } = createHostApi(visitor, warn, (use) => void start().then((panel) => panel && use(panel)))
  window.Mevichat = api

  /** The dearest first: a page is read in its language. */
  const languages = [document.documentElement.lang, ...navigator.languages].filter(Boolean)
  const query = new URLSearchParams({ public_key: publicKey, lang: `${languages}` })

  let panel: Promise<Panel> | null = null
  const host = whenIdle()
    .then(() =>
      publicKey ? fetchConfig(`${origin}/api/widget/config/?${query}`) : warn('data-public-key is missing.'),
    )
    .then((config): Host | null => {
      if (!config) return null
      const stage = showLauncher(config.theme, config.behavior.words?.open ?? `Chat: ${config.bot.name}`)
      for (const hint of ['pointerenter', 'focus']) {
        stage.launcher.addEventListener(hint, () => void start(), { once: true })
      }
      stage.launcher.addEventListener('click', api.toggle)
      if (open !== undefined || wasOpen(publicKey)) void start().then((ready) => ready?.open(true))
      return { origin, publicKey, config, languages, ...stage, visitor, emit, warn, colours, rememberOpen, fullScreen }
    })

  async function start(attempt = 0): Promise<Panel | null> {
    const ready = await host
    if (!ready) return null
    ready.launcher.setAttribute('aria-busy', 'true')
    // A browser may remember that a module failed to load: the second try has another address.
    panel ??= import(/* @vite-ignore */ origin + panelPath + (attempt ? `?${attempt}` : '')).then((module) =>
      module.mount(ready),
    )
    try {
      return await panel
    } catch (error) {
      panel = null
      if (!attempt) return start(Date.now())
      return warn(`the panel could not be loaded. ${error}`)
    } finally {
      ready.launcher.removeAttribute('aria-busy')
    }
  }
}

async function fetchConfig(address: string): Promise<WidgetConfig | null> {
  const response = await fetch(address, { credentials: 'omit' }).catch(() => null)
  const body = await response?.json().catch(() => null)
  if (response?.ok && body) return body
  return warn(`${reasons[body?.error] ?? 'the server could not be reached.'} The chat stays hidden.`)
}

const reasons: Record<string, string> = {
  origin_not_allowed: `the key does not allow ${location.origin}; add this domain to it.`,
  invalid_api_key: 'the key is unknown or revoked.',
  bot_not_found: 'the bot is switched off.',
}

function readMetadata(json: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(json)
  } catch {
    warn('data-metadata is not JSON.')
    return undefined
  }
}

function whenIdle(): Promise<unknown> {
  return new Promise((resolve) => {
    const idle: typeof requestIdleCallback | undefined = window.requestIdleCallback
    if (idle) idle(resolve, { timeout: 2_000 })
    else setTimeout(resolve, 200)
  })
}

/** Takes a code of the server's too. */
function warn(what: string): null {
  // biome-ignore lint/suspicious/noConsole: the page's owner has no other place to learn why there is no chat, or no answer.
  console.warn(`Mevichat: ${reasons[what] ?? what}`)
  return null
}
