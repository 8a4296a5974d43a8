/** The button in the corner and the shadow root that holds all of the widget. */
import type { WidgetTheme } from '@mevichat/protocol/widget-config.ts'
import { colours } from './accent.ts'
import css from './launcher.css?inline'

export interface Corner {
  root: ShadowRoot
  launcher: HTMLButtonElement
  /** `#rrggbb` */
  accent: string
}

/** Hangs on `<html>`: a transform on `<body>` would move whatever is fixed in it. */
export function showLauncher(theme: WidgetTheme, label: string): Corner {
  const host = document.createElement('mevichat-widget')
  const root = host.attachShadow({ mode: 'open' })
  const accent = theme.accent && /^#[0-9a-f]{6}$/i.test(theme.accent) ? theme.accent : '#0f766e'
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(`${css}:host{--accent:${accent};--on-accent:${colours.textOn(accent)}}`)
  root.adoptedStyleSheets = [sheet]
  const launcher = document.createElement('button')
  launcher.className = `launcher ${theme.position}`
  launcher.ariaLabel = label
  launcher.ariaExpanded = 'false'
  root.append(launcher)
  document.documentElement.append(host)
  host.popover = 'manual'
  host.showPopover?.()
  return { root, launcher, accent }
}
