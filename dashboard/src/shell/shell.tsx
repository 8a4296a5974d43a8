/** The frame around every place of a workspace. */
import { Outlet } from '@tanstack/react-router'

export function Shell() {
  return (
    <main>
      <Outlet />
    </main>
  )
}
