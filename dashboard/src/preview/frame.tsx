/** The frame in which the real widget runs as a visitor would see it. */
import { useEffect } from 'react'
import { classes } from '../ui/classes.ts'
import { type Preview, previewAddress } from './address.ts'
import type { StartedTurn } from './transport.ts'

interface PreviewFrameProps {
  title: string
  preview: Preview
  className?: string
  onTurn?: (turn: StartedTurn) => void
}

export function PreviewFrame({ title, preview, className, onTurn }: PreviewFrameProps) {
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
      // What stands behind the # alone would not load the page anew.
      key={address}
      title={title}
      src={address}
      className={classes('h-full w-full rounded-xl border border-line', className)}
    />
  )
}
