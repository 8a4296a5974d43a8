/** The panel's fixed parts: header, transcript, composer, notice; its colours, and its place on a phone with the keyboard up. */
import type { WidgetConfig } from '@mevichat/protocol/widget-config.ts'
import type { EarlyWords } from '../words.ts'
import type { colours } from './accent.ts'
import answer from './answer.css?inline'
import { button, h, icon, safeUrl } from './dom.ts'
import frame from './panel.css?inline'

/** Surface, and the contrast that what is coloured has on it: on dark, more is needed to look alike. */
const modes = { light: ['#ffffff', 5], dark: ['#16181d', 7] } as const

export function panelSheet(accent: string, { channels, luminance, textOn }: typeof colours): CSSStyleSheet {
  /** The colour, or the nearest mix of it towards black or white that reaches the contrast with the surface. */
  function readable(colour: string, surface: string, contrast: number): string {
    const back = luminance(channels(surface)) + 0.05
    const end = back > 0.5 ? 0 : 255
    for (let share = 0; ; share += 0.05) {
      const mixed = channels(colour).map((value) => Math.round(value + (end - value) * share))
      const front = luminance(mixed) + 0.05
      if (share >= 1 || Math.max(front / back, back / front) >= contrast) {
        return `#${mixed.map((value) => value.toString(16).padStart(2, '0')).join('')}`
      }
    }
  }

  const rules = Object.entries(modes).map(([mode, [surface, contrast]]) => {
    const fill = readable(accent, surface, 3)
    return `.${mode}{--fill:${fill};--on-fill:${textOn(fill)};--link:${readable(accent, surface, contrast)};--surface:${surface}}`
  })
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(frame + answer + rules.join(''))
  return sheet
}

export interface FrameActions {
  onRestart(): void
  onClose(): void
}

export function createFrame(
  { bot, theme }: WidgetConfig,
  words: EarlyWords,
  language: string,
  { onRestart, onClose }: FrameActions,
) {
  const restart = button('icon', words.restart, onRestart, icon('M11 5H5v14h14v-6M9.5 14.5l.5-3 8-8 2.5 2.5-8 8z'))
  const close = button('icon', words.close, onClose, icon('M6.5 6.5l11 11m0-11l-11 11'))
  const title = h('h2', { id: 'title', dir: 'auto' }, bot.name)
  const header = h('header', {}, avatar(bot), title, h('span', { class: 'badge' }, words.ai), restart, close)
  const thread = h('div', { class: 'thread' })
  const scroller = h(
    'div',
    { class: 'scroller', role: 'log', 'aria-live': 'off', 'aria-labelledby': 'title', tabindex: '0' },
    thread,
  )
  const notice = h('p', { class: 'notice' }, words.notice)
  const panel = h('div', {
    class: `panel ${theme.position}`,
    role: 'dialog',
    'aria-labelledby': 'title',
    tabindex: '-1',
    lang: language,
    dir: /^(ar|fa|he|ur)\b/.test(language) ? 'rtl' : 'ltr',
    hidden: '',
  })
  followMode(panel, theme.mode)
  makeRoomForKeyboard(panel)
  return { panel, header, restart, scroller, thread, notice }
}

function avatar({ name, avatar_url }: WidgetConfig['bot']): HTMLElement {
  const initial = h('span', { class: 'avatar', 'aria-hidden': 'true' }, [...name][0]?.toUpperCase() ?? '')
  const src = avatar_url && safeUrl(avatar_url)
  if (!src) return initial
  const picture = h('img', { class: 'avatar', src, alt: '' })
  picture.onerror = () => picture.replaceWith(initial)
  return picture
}

function followMode(panel: HTMLElement, mode: WidgetConfig['theme']['mode']): void {
  const prefersDark = matchMedia('(prefers-color-scheme: dark)')
  const apply = () => {
    const isDark = mode === 'dark' || (mode !== 'light' && prefersDark.matches)
    panel.classList.toggle('dark', isDark)
    panel.classList.toggle('light', !isDark)
  }
  prefersDark.onchange = apply
  apply()
}

/** A phone's keyboard covers the page without resizing it; the visual viewport is what is left. */
function makeRoomForKeyboard(panel: HTMLElement): void {
  const view = window.visualViewport
  const fit = () => {
    if (!view || panel.hidden) return
    panel.style.setProperty('--top', `${view.offsetTop}px`)
    panel.style.setProperty('--height', `${view.height}px`)
  }
  for (const change of ['resize', 'scroll']) view?.addEventListener(change, fit)
}
