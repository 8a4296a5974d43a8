/** Tabs that are links: each has an address of its own. */
import { Link, type LinkProps } from '@tanstack/react-router'

export function TabLinks({ label, tabs }: { label: string; tabs: { name: string; to: LinkProps }[] }) {
  return (
    <nav aria-label={label} className="-mx-1 flex gap-1 overflow-x-auto border-line border-b px-1">
      {tabs.map(({ name, to }) => (
        <Link
          key={name}
          {...to}
          className="-mb-px border-transparent border-b-2 px-3 py-2 whitespace-nowrap text-soft hover:text-ink data-[status=active]:border-accent data-[status=active]:font-medium data-[status=active]:text-ink"
        >
          {name}
        </Link>
      ))}
    </nav>
  )
}
