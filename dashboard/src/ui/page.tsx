/** The frame of a place: its heading, what can be done there, its content. */
import { type ReactNode, useEffect } from 'react'
import { classes } from './classes.ts'

export function Page({
  title,
  about,
  actions,
  children,
  isWide = false,
}: {
  title: string
  about?: ReactNode
  actions?: ReactNode
  children: ReactNode
  isWide?: boolean
}) {
  useEffect(() => {
    document.title = `${title} · Mevichat`
  }, [title])
  return (
    <div
      className={classes(
        'mx-auto grid w-full grid-cols-[minmax(0,1fr)] gap-6 px-4 py-6 sm:px-8 sm:py-8',
        isWide ? 'max-w-7xl' : 'max-w-5xl',
      )}
    >
      <header className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
        <div className="min-w-0">
          <h1 className="text-2xl font-semibold tracking-tight">{title}</h1>
          {about && <p className="mt-1 max-w-2xl text-soft">{about}</p>}
        </div>
        {actions && <div className="flex flex-wrap gap-2">{actions}</div>}
      </header>
      {children}
    </div>
  )
}

export function Card({
  title,
  about,
  actions,
  children,
  className,
}: {
  title?: string
  about?: ReactNode
  actions?: ReactNode
  children: ReactNode
  className?: string
}) {
  return (
    <section className={classes('min-w-0 rounded-xl border border-line bg-paper', className)}>
      {title && (
        <header className="flex flex-wrap items-start justify-between gap-3 border-line border-b px-5 py-4">
          <div className="min-w-0">
            <h2 className="font-semibold">{title}</h2>
            {about && <p className="mt-0.5 text-sm text-soft">{about}</p>}
          </div>
          {actions}
        </header>
      )}
      <div className="p-5">{children}</div>
    </section>
  )
}
