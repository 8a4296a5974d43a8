/** The button in the corner and the shadow root that holds all of the widget. */
import type { WidgetTheme } from '@mevichat/protocol/widget-config.ts'
import { accentOf, textOn } from './accent.ts'
import css from './launcher.css?inline'

export interface Corner {
  root: ShadowRoot
  launcher: HTMLButtonElement
}

/** Hangs on `<html>`: a transform on `<body>` would move whatever is fixed in it. */
export function showLauncher({ accent, position }: WidgetTheme, label: string): Corner {
  const host = document.createElement('mevichat-widget')
  const root = host.attachShadow({ mode: 'open' })
  const colour = accentOf(accent)
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(`${css}:host{--accent:${colour};--on-accent:${textOn(colour)}}`)
  root.adoptedStyleSheets = [sheet]
  const launcher = document.createElement('button')
  launcher.className = `launcher ${position}`
  launcher.ariaLabel = label
  launcher.ariaExpanded = 'false'
  root.append(launcher)
  document.documentElement.append(host)
  host.popover = 'manual'
  host.showPopover?.()
  return { root, launcher }
}
