/** The chat itself, fetched when first wanted: puts thread and views together. */
import { createConnection } from './connection.ts'
import type { Host, Panel } from './host-api.ts'
import type { Later } from './later.ts'
import { createThread, type Stage } from './thread.ts'
import { createStore, isOpen, type Turn } from './transcript.ts'
import { createComposer, mayBeSent } from './ui/composer.ts'
import { button, h } from './ui/dom.ts'
import { failureSentence } from './ui/failure.ts'
import { createFrame, panelSheet } from './ui/frame.ts'
import type { Followed } from './ui/scroll.ts'
import { createTurnView, stageWord } from './ui/turn-view.ts'
import { chooseWords } from './words.ts'

const hearEveryMs = 400

export async function mount({
  origin,
  publicKey,
  config,
  languages,
  root,
  launcher,
  accent,
  colours,
  visitor,
  emit,
  warn,
  rememberOpen,
  fullScreen,
}: Host): Promise<Panel> {
  const { behavior } = config
  const { language, words } = await chooseWords(behavior, languages)
  const connection = createConnection(origin, publicKey, visitor, warn)
  const thread = createThread(connection, createStore(publicKey), emit, schedule)
  const frame = createFrame(config, words, language, { onRestart: restart, onClose: close })
  const { panel } = frame
  const status = h('div', { class: 'sr', role: 'status' })
  const composer = createComposer(words, { onSend: ask, onStop: thread.stop, takeFocus, say })
  const views = new Map<string, ReturnType<typeof createTurnView>>()
  const hello = createHello()
  let later: Later | null = null
  let asked: Followed | null = null
  let fetching: Promise<void> | null = null
  let frameId = 0
  let hearTimer = 0
  let announced: Stage | null = null

  root.adoptedStyleSheets.push(panelSheet(accent, colours))
  frame.thread.append(hello)
  panel.append(frame.header, frame.scroller, composer.form, frame.notice, status)
  root.append(panel)
  launcher.ariaLabel = words.open

  function createHello() {
    const element = h('div', { class: 'hello' }, h('p', { dir: 'auto' }, behavior.greeting ?? words.greeting))
    for (const question of behavior.suggested_questions ?? []) {
      const suggestion = button('suggestion', question, () => {
        takeFocus()
        ask(question)
      })
      suggestion.dir = 'auto'
      element.append(suggestion)
    }
    return element
  }

  function ask(question: string) {
    const turn = mayBeSent(question) && thread.ask(question)
    if (!turn) return
    rememberOpen(publicKey, true)
    draw()
    frame.scroller.scrollTop = frame.scroller.scrollHeight
    asked = { ...viewOf(turn), from: frame.scroller.scrollTop }
    later?.follow(asked)
    later?.keep()
  }

  /** On a touch screen the keyboard would cover what is to be read. */
  function takeFocus() {
    const target = matchMedia('(pointer: coarse)').matches ? panel : composer.input
    target.focus({ preventScroll: true })
  }

  function retry() {
    thread.retry()
    takeFocus()
  }

  function restart() {
    thread.restart()
    rememberOpen(publicKey, false)
    takeFocus()
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
    if (turns.length && (!stage || (stage === 'writing' && announced !== stage))) void fetchLater()
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
    later?.keep()
    announce()
  }

  /** Once the first answer begins, or at once where one stands; what failed is tried again with the next answer. */
  function fetchLater(): Promise<void> {
    fetching ??= import('./later.ts').then(
      ({ createLater }) => {
        const { citations, ratings } = behavior
        const shows = { showsSources: citations, showsRating: ratings !== false }
        later = createLater({ root, scroller: frame.scroller, asked, words, thread, connection, say, ...shows })
        draw()
      },
      () => {
        fetching = null
      },
    )
    return fetching
  }

  function viewOf(turn: Turn) {
    const known = views.get(turn.key)
    if (known) return known
    const view = createTurnView(turn, { words, showsSources: behavior.citations, onRetry: retry, later: () => later })
    views.set(turn.key, view)
    frame.thread.append(view.element)
    return view
  }

  function announce() {
    const stage = thread.stage()
    if (stage && stage !== 'writing' && stage !== announced) say(stageWord(stage, words))
    if (stage) hearTimer ||= window.setTimeout(hear, hearEveryMs)
    // Only what was heard live is read: a transcript that was loaded stays silent.
    else if (announced) void hear()
    announced = stage
  }

  /** Without the voice, which has not come, all is read at the end. */
  async function hear() {
    clearTimeout(hearTimer)
    hearTimer = 0
    const turn = thread.turns().at(-1)
    const view = turn && views.get(turn.key)
    if (!view) return
    if (turn.text) await fetchLater()
    const news = later ? later.hear(turn, view.text) : isOpen(turn) ? '' : view.text.textContent
    say(`${news} ${turn.failure ? failureSentence(turn.failure, words) : ''}`.trim())
  }

  function say(sentence: string) {
    if (sentence) status.textContent = sentence
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
      later?.toEnd()
      cover()
      emit('open', undefined)
    }
    if (!quietly) takeFocus()
  }

  /** What the panel covers cannot be reached by Tab or read aloud either. */
  function cover() {
    const covers = fullScreen.matches && !panel.hidden
    if (covers === (panel.ariaModal === 'true')) return
    panel.ariaModal = `${covers}`
    document.body.inert = covers
  }

  function close() {
    if (panel.hidden) return
    const hadFocus = panel.contains(root.activeElement)
    panel.hidden = true
    launcher.ariaExpanded = 'false'
    launcher.ariaLabel = words.open
    rememberOpen(publicKey, false)
    cover()
    if (hadFocus) launcher.focus({ preventScroll: true })
    emit('close', undefined)
  }

  panel.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && !event.isComposing) close()
    // The page's own shortcuts are not meant for what is typed here.
    event.stopPropagation()
  })
  fullScreen.onchange = cover
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden && !panel.hidden) thread.resume()
  })
  // What stood here before stands whole at once: sources that came later would move what follows them.
  if (thread.turns().length) await fetchLater()
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
