/** A list of any length: only what is seen is in the page, and what follows is fetched as it comes near. */
import { useVirtualizer } from '@tanstack/react-virtual'
import { type ReactNode, useEffect, useRef } from 'react'

interface VirtualListProps<Item> {
  label: string
  items: readonly Item[]
  /** Of each row, in pixels. */
  rowHeight: number
  hasMore: boolean
  onMore: () => void
  children: (item: Item, at: number) => ReactNode
}

const ahead = 15

export function VirtualList<Item>({ label, items, rowHeight, hasMore, onMore, children }: VirtualListProps<Item>) {
  const frame = useRef<HTMLDivElement>(null)
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => frame.current,
    estimateSize: () => rowHeight,
    overscan: 8,
  })
  const shown = rows.getVirtualItems()
  const last = shown.at(-1)?.index ?? 0
  useEffect(() => {
    if (hasMore && last >= items.length - ahead) onMore()
  }, [last, items.length, hasMore, onMore])
  return (
    <section
      ref={frame}
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
      tabIndex={0}
      className="max-h-[70dvh] overflow-y-auto rounded-xl border border-line"
    >
      <ul className="relative" style={{ height: rows.getTotalSize() }}>
        {shown.map(({ index, key, start }) => {
          const item = items[index]
          return (
            <li
              key={key}
              aria-setsize={hasMore ? -1 : items.length}
              aria-posinset={index + 1}
              className="absolute inset-x-0 top-0"
              style={{ transform: `translateY(${start}px)`, height: rowHeight }}
            >
              {item !== undefined && children(item, index)}
            </li>
          )
        })}
      </ul>
    </section>
  )
}
