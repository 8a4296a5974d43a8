/** To where a model is given a price, for those who may. */
import { Link, useParams } from '@tanstack/react-router'
import { useMay } from '../shell/use-may.ts'
import { words } from './words.ts'

export function PriceLink({ model }: { model?: string }) {
  const { workspaceId } = useParams({ strict: false })
  const may = useMay()
  if (!workspaceId || !may('editCredentials')) return null
  return (
    <Link
      to="/$workspaceId/settings/prices"
      params={{ workspaceId }}
      search={model === undefined ? {} : { model }}
      className="text-accent underline"
    >
      {words.workspace.prices.give}
    </Link>
  )
}
