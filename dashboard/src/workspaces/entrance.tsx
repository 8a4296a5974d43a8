import { Page } from '../ui/page.tsx'
import { Skeleton } from '../ui/states.tsx'

export function Entrance() {
  return (
    <Page title="Mevichat">
      <Skeleton />
    </Page>
  )
}
