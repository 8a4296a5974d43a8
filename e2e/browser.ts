/** Chromium for the journeys: see `findBrowser` for which one. */
import { type Browser, chromium } from 'playwright-core'
import { findBrowser } from '../scripts/test/browser.ts'

const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export async function launchBrowser(): Promise<Browser> {
  return await chromium.launch({ executablePath: await findBrowser(process.env), args })
}
