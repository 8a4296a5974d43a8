/** What the page may call, `window.Mevichat`, and what loader and panel say to each other. */
import type { Citation, FinishReason } from '@mevichat/protocol/chat.ts'
import type { WidgetConfig } from '@mevichat/protocol/widget-config.ts'
import type { fullScreen, rememberOpen } from './session.ts'
import type { colours } from './ui/accent.ts'
import type { Corner } from './ui/launcher.ts'

export interface Visitor {
  visitorId?: string | undefined
  metadata?: Record<string, unknown> | undefined
}

export interface HostEvents {
  open: undefined
  close: undefined
  question: { text: string }
  answer: { text: string; finishReason: FinishReason; citations: Citation[] }
  error: { code: string }
}

export interface MevichatApi {
  open(): void
  close(): void
  toggle(): void
  /** Opens the panel and asks at once. */
  ask(question: string): void
  /** Sent with every question from now on. */
  identify(visitor: Visitor): void
  /** Returns what takes the listener off again. */
  on<Name extends keyof HostEvents>(event: Name, listener: (detail: HostEvents[Name]) => void): () => void
}

export type Emit = <Name extends keyof HostEvents>(event: Name, detail: HostEvents[Name]) => void

/** Tells the page's owner, in words or by the server's code. */
export type Warn = (what: string) => null

/** What the panel is given. */
export interface Host extends Corner {
  origin: string
  publicKey: string
  config: WidgetConfig
  /** Of page and visitor (BCP 47), the dearest first. */
  languages: string[]
  visitor: Visitor
  emit: Emit
  warn: Warn
  /** What both need is lent to the panel rather than loaded twice. */
  colours: typeof colours
  rememberOpen: typeof rememberOpen
  fullScreen: typeof fullScreen
}

/** What the panel gives back. `quietly` leaves the focus where it is. */
export interface Panel {
  open(quietly?: boolean): void
  close(): void
  toggle(): void
  ask(question: string): void
}

declare global {
  interface Window {
    Mevichat?: MevichatApi
  }
}

/** `withPanel` runs its argument once the panel is there, or never when the key is refused. */
export function createHostApi(visitor: Visitor, warn: Warn, withPanel: (use: (panel: Panel) => void) => void) {
  const bus = new EventTarget()
  const emit: Emit = (event, detail) => bus.dispatchEvent(new CustomEvent(event, { detail }))
  const api: MevichatApi = {
    open: () => withPanel((panel) => panel.open()),
    close: () => withPanel((panel) => panel.close()),
    toggle: () => withPanel((panel) => panel.toggle()),
    ask: (question) => withPanel((panel) => panel.ask(question)),
    identify: (known) => {
      try {
        Object.assign(visitor, known, JSON.parse(JSON.stringify(known)))
      } catch (error) {
        warn(`identify takes what can be written as JSON. ${error}`)
      }
    },
    on: (event, listener) => {
      const heard = (happened: Event) => {
        if (happened instanceof CustomEvent) listener(happened.detail)
      }
      bus.addEventListener(event, heard)
      return () => bus.removeEventListener(event, heard)
    },
  }
  return { api, emit }
}
