/** The chat itself, fetched when first wanted: puts thread and views together. */
import { createConnection } from './connection.ts'
import type { Host, Panel } from './host-api.ts'
import { rememberOpen } from './session.ts'
import { createThread, type Stage } from './thread.ts'
import { createStore, type Turn } from './transcript.ts'
import { createAnnouncer } from './ui/announcer.ts'
import { createComposer } from './ui/composer.ts'
import { button, h } from './ui/dom.ts'
import { failureSentence } from './ui/failure.ts'
import { createFrame, panelSheet } from './ui/frame.ts'
import { createScroll } from './ui/scroll.ts'
import { createTurnView, stageWord } from './ui/turn-view.ts'
import { chooseWords } from './words.ts'

const hearEveryMs = 400

export async function mount({
  origin,
  publicKey,
  config,
  root,
  launcher,
  accent,
  visitor,
  emit,
}: Host): Promise<Panel> {
  const { behavior } = config
  const { language, words } = await chooseWords(behavior)
  const connection = createConnection(origin, publicKey, visitor)
  const thread = createThread(connection, createStore(publicKey), emit, schedule)
  const frame = createFrame(config, words, language, { onRestart: restart, onClose: close })
  const { panel } = frame
  const announcer = createAnnouncer()
  const scroll = createScroll(frame.scroller, words.latest)
  const composer = createComposer(words, { onSend: ask, onStop: thread.stop })
  const views = new Map<string, ReturnType<typeof createTurnView>>()
  const hello = createHello()
  let frameId = 0
  let hearTimer = 0
  let announced: Stage | null = null

  root.adoptedStyleSheets.push(panelSheet(accent))
  frame.thread.append(hello)
  panel.append(frame.header, frame.scroller, scroll.latest, composer.form, frame.notice, announcer.element)
  root.append(panel)
  launcher.ariaLabel = words.open

  function createHello() {
    const element = h('div', { class: 'hello' }, h('p', { dir: 'auto' }, behavior.greeting ?? words.greeting))
    for (const question of behavior.suggested_questions ?? []) {
      const suggestion = button('suggestion', question, () => {
        composer.input.focus({ preventScroll: true })
        ask(question)
      })
      suggestion.dir = 'auto'
      element.append(suggestion)
    }
    return element
  }

  function ask(question: string) {
    if (thread.stage()) return
    announcer.begin()
    thread.ask(question)
    rememberOpen(publicKey, true)
    draw()
    const view = views.get(thread.turns().at(-1)?.key ?? '')
    if (view) scroll.follow(view.element)
    scroll.keep()
  }

  function retry() {
    announcer.begin()
    thread.retry()
    composer.input.focus({ preventScroll: true })
  }

  function restart() {
    thread.restart()
    rememberOpen(publicKey, false)
    composer.input.focus({ preventScroll: true })
  }

  /** Tokens may come faster than frames; a hidden page has no frames at all. */
  function schedule() {
    if (document.hidden) draw()
    else frameId ||= requestAnimationFrame(draw)
  }

  function draw() {
    cancelAnimationFrame(frameId)
    frameId = 0
    const turns = thread.turns()
    const stage = thread.stage()
    const keys = new Set(turns.map(({ key }) => key))
    for (const [key, view] of views) {
      if (keys.has(key)) continue
      view.element.remove()
      views.delete(key)
    }
    turns.forEach((turn, i) => {
      const isLast = i === turns.length - 1
      viewOf(turn).update(turn, isLast ? stage : null)
    })
    composer.setBusy(stage !== null)
    panel.classList.toggle('empty', !turns.length)
    frame.restart.hidden = !turns.length
    scroll.keep()
    announce()
  }

  function viewOf(turn: Turn) {
    const known = views.get(turn.key)
    if (known) return known
    const view = createTurnView(turn, { words, showsSources: behavior.citations, onRetry: retry })
    views.set(turn.key, view)
    frame.thread.append(view.element)
    return view
  }

  function announce() {
    const stage = thread.stage()
    if (stage && stage !== 'writing' && stage !== announced) announcer.say(stageWord(stage, words))
    if (stage) hearTimer ||= window.setTimeout(hear, hearEveryMs)
    // Only what was heard live is read: a transcript that was loaded stays silent.
    else if (announced) hear()
    announced = stage
  }

  function hear() {
    clearTimeout(hearTimer)
    hearTimer = 0
    const turn = thread.turns().at(-1)
    const view = turn && views.get(turn.key)
    if (view) announcer.hear(view.text, !thread.stage(), turn.failure ? failureSentence(turn.failure, words) : '')
  }

  function open(quietly = false) {
    if (panel.hidden) {
      panel.hidden = false
      launcher.ariaExpanded = 'true'
      launcher.ariaLabel = words.close
      if (thread.turns().length) rememberOpen(publicKey, true)
      window.visualViewport?.dispatchEvent(new Event('resize'))
      thread.resume()
      draw()
      composer.refresh()
      scroll.toEnd()
      emit('open', undefined)
    }
    if (quietly) return
    // On a touch screen the keyboard would cover the greeting before it was read.
    const target = matchMedia('(pointer: coarse)').matches ? panel : composer.input
    target.focus({ preventScroll: true })
  }

  function close() {
    if (panel.hidden) return
    const hadFocus = panel.contains(root.activeElement)
    panel.hidden = true
    launcher.ariaExpanded = 'false'
    launcher.ariaLabel = words.open
    rememberOpen(publicKey, false)
    if (hadFocus) launcher.focus({ preventScroll: true })
    emit('close', undefined)
  }

  panel.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && !event.isComposing) close()
    // The page's own shortcuts are not meant for what is typed here.
    event.stopPropagation()
  })
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden && !panel.hidden) thread.resume()
  })
  draw()

  return {
    open,
    close,
    toggle: () => (panel.hidden ? open() : close()),
    ask: (question) => {
      open()
      ask(question)
    },
  }
}
