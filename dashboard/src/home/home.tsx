import { Page } from '../ui/page.tsx'
import { Skeleton } from '../ui/states.tsx'

export function Home() {
  return (
    <Page title="Mevichat">
      <Skeleton />
    </Page>
  )
}
