/** One call of Vite, with what both front ends agree on. */
import { join } from 'node:path'
import type { Rolldown, UserConfig } from 'vite'

export const root = join(import.meta.dirname, '../..')

/** Resolves with the scripts that it made. */
export async function bundle(config: UserConfig): Promise<Rolldown.OutputChunk[]> {
  // Imported late: each start asks whether the build is stale, and most find that it is not.
  const { build } = await import('vite')
  const { NODE_ENV } = process.env
  // Under the test runner it is `test`, and React would be bundled as for development.
  process.env.NODE_ENV = 'production'
  const result = await build({
    configFile: false,
    root,
    logLevel: 'warn',
    ...config,
    build: {
      emptyOutDir: false,
      copyPublicDir: false,
      target: 'es2022',
      reportCompressedSize: false,
      ...config.build,
    },
  }).finally(() => {
    if (NODE_ENV === undefined) delete process.env.NODE_ENV
    else process.env.NODE_ENV = NODE_ENV
  })
  const outputs = Array.isArray(result) ? result : [result]
  return outputs.flatMap((one) => ('output' in one ? one.output.filter((file) => file.type === 'chunk') : []))
}
