/** The frame in which the real widget runs as a visitor would see it. */
import { type Ref, useEffect } from 'react'
import { classes } from '../ui/classes.ts'
import { type Preview, previewAddress } from './address.ts'
import type { StartedTurn } from './transport.ts'

interface PreviewFrameProps {
  title: string
  preview: Preview
  className?: string
  onTurn?: (turn: StartedTurn) => void
  frame?: Ref<HTMLIFrameElement>
}

/** Has the widget in a frame ask. */
export function askIn(frame: HTMLIFrameElement | null, question: string): void {
  frame?.contentWindow?.postMessage({ type: 'mevichat-ask', question }, location.origin)
}

export function PreviewFrame({ title, preview, className, onTurn, frame }: PreviewFrameProps) {
  useEffect(() => {
    function hear({ origin, data }: MessageEvent) {
      if (origin === location.origin && data?.type === 'mevichat-turn') onTurn?.(data)
    }
    window.addEventListener('message', hear)
    return () => window.removeEventListener('message', hear)
  }, [onTurn])
  const address = previewAddress(preview)
  return (
    <iframe
      ref={frame}
      // What stands behind the # alone would not load the page anew.
      key={address}
      title={title}
      src={address}
      className={classes('h-full w-full rounded-xl border border-line', className)}
    />
  )
}
