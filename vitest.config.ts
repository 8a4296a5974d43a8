import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{protocol,server,widget,dashboard,e2e,scripts}/**/*.test.ts'],
    globalSetup: 'server/testing/global-setup.ts',
    // Each file has a database of its own; two at a time suit two cores.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
