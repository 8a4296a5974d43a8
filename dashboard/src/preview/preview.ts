/**
 * The page in the frame of the preview: the real widget, whose requests are answered by the playground. What is to be
 * shown stands behind the `#` of the address.
 */
import { readPreview } from './address.ts'
import { playgroundFetch } from './transport.ts'
import './preview.css'

const preview = readPreview(location.hash)
if (preview) {
  // Each look has a conversation of its own, and leaves nothing in the browser.
  for (const name of Object.keys(localStorage)) if (name.includes('mvc_pk_preview')) localStorage.removeItem(name)
  document.documentElement.style.colorScheme = preview.scheme
  window.fetch = playgroundFetch(window.fetch.bind(window), preview, (turn) =>
    parent.postMessage({ type: 'mevichat-turn', ...turn }, location.origin),
  )
  window.addEventListener('message', ({ origin, data }) => {
    if (origin === location.origin && data?.type === 'mevichat-ask') window.Mevichat?.ask(String(data.question))
  })
}
