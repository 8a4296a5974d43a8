/** Who is signed in, how the dashboard looks, and the way out. */
import { BookOpenText, Check, ChevronsUpDown, LogOut } from 'lucide-react'
import { useState } from 'react'
import { applyTheme, currentTheme, themes } from '../theme.ts'
import { Menu, MenuItem, MenuLabel, MenuSeparator } from '../ui/menu.tsx'
import type { Me } from './me.ts'
import { words } from './words.ts'

export function PersonMenu({ user }: { user: Me['user'] }) {
  const [theme, setTheme] = useState(currentTheme)
  return (
    <Menu
      trigger={
        <button type="button" className="flex w-full items-center gap-2 rounded-lg px-3 py-2 text-left hover:bg-sunken">
          <span className="min-w-0 grow">
            <span className="block truncate font-medium">{user.name ?? user.email ?? words.signedIn}</span>
            {user.name && <span className="block truncate text-xs text-soft">{user.email}</span>}
          </span>
          <ChevronsUpDown className="size-4 shrink-0 text-soft" aria-hidden />
        </button>
      }
    >
      <MenuLabel>{words.theme}</MenuLabel>
      {themes.map((one) => (
        <MenuItem
          key={one}
          onSelect={() => {
            applyTheme(one)
            setTheme(one)
          }}
        >
          <span className="grow">{words.themes[one]}</span>
          {theme === one && <Check aria-hidden />}
        </MenuItem>
      ))}
      <MenuSeparator />
      <MenuItem asChild>
        <a href="/docs/" target="_blank" rel="noreferrer">
          <BookOpenText aria-hidden />
          {words.guide}
        </a>
      </MenuItem>
      <MenuItem onSelect={() => void signOut()}>
        <LogOut aria-hidden />
        {words.signOut}
      </MenuItem>
    </Menu>
  )
}

async function signOut(): Promise<void> {
  await fetch('/api/auth/sign-out/', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })
  location.assign('/sign-in/')
}
