/** What a preview shows, as it stands in the address of its frame. */
import type { WidgetConfig } from '@mevichat/protocol/widget-config.ts'

export interface Preview {
  workspaceId: string
  botId: string
  version: 'live' | 'draft'
  config: WidgetConfig
  scheme: 'light' | 'dark'
}

export function previewAddress(preview: Preview): string {
  return `/app/preview/#${encodeURIComponent(JSON.stringify(preview))}`
}

/** Null for what is no preview. */
export function readPreview(hash: string): Preview | null {
  try {
    return JSON.parse(decodeURIComponent(hash.slice(1)))
  } catch {
    return null
  }
}
