/** Who may import whom. The reasons are in ARCHITECTURE.md. */

/** The server's folders: each imports only to its left, and only the face of another (its rules, or its tables). */
const line = [
  'platform',
  'identity',
  'plans',
  'audit',
  'workspaces',
  'quota',
  'billing',
  'credentials',
  'prices',
  'moderation',
  'bots',
  'keys',
  'knowledge',
  'sources',
  'ingest',
  'install',
  'conversations',
  'insights',
  'chat',
  'guide',
  'seed',
  'site',
]
/** What else of a folder others may import: a part of its face that is a file of its own. */
const furtherFaces = {
  identity: ['first-owner', 'issuer', 'sessions', 'tokens'],
  workspaces: ['authenticate', 'operations'],
  keys: ['page-origin'],
  sources: ['file-type', 'pages', 'slices', 'syncs'],
  ingest: ['charset'],
  seed: ['demo'],
}
const test = '\\.test\\.ts$|^server/testing/'
const slices = line.slice(1)

const forbidden = [
  {
    name: 'no-cycle',
    comment: 'Two modules that need each other are one module, or hide a third.',
    from: {},
    to: { circular: true },
  },
  {
    name: 'known-folder',
    comment: `A new folder takes its place in the line: ${line.join(' · ')}.`,
    from: { path: `^server/src/(?!(${line.join('|')})/)[^/]+/` },
    to: {},
  },
  ...line.map((folder, place) => ({
    name: `${folder}-to-the-left`,
    comment: `The folders form a line, and ${folder} imports only to its left; a foreign key alone may reach right.`,
    from: { path: `^server/src/${folder}/`, pathNot: `${test}|^server/src/.+/tables\\.ts$` },
    to: { path: `^server/src/(${[...line.slice(place + 1), '[^/]+\\.ts$'].join('|')})` },
  })),
  {
    name: 'tables-by-tables',
    comment: 'Tables are data: they know other tables, the column types of platform, and types.',
    from: { path: '^server/src/[^/]+/tables\\.ts$' },
    to: {
      path: '^server/src/',
      pathNot: '/tables\\.ts$|^server/src/platform/',
      dependencyTypesNot: ['type-only'],
    },
  },
  ...slices.map((folder) => {
    const faces = [folder, 'tables', ...(furtherFaces[folder] ?? [])]
    return {
      name: `${folder}-by-its-face`,
      comment: `Others know ${folder} by ${faces.map((name) => `${name}.ts`).join(', ')}; the entry points compose its parts.`,
      from: { path: '^server/src/[^/]+/', pathNot: `^server/src/${folder}/|${test}` },
      to: { path: `^server/src/${folder}/`, pathNot: `^server/src/${folder}/(${faces.join('|')})\\.ts$` },
    }
  }),
  {
    name: 'store-inside',
    comment: 'A folder that stores something is asked, not read behind its back.',
    from: { path: '^server/src/([^/]+)', pathNot: test },
    to: { path: '^server/src/[^/]+/store\\.ts$', pathNot: '^server/src/$1/' },
  },
  {
    name: 'routes-for-web',
    comment: 'Every door is in web.ts.',
    from: { path: '^server/src/', pathNot: `^server/src/web\\.ts$|${test}` },
    to: { path: '^server/src/[^/]+/routes\\.ts$' },
  },
  {
    name: 'jobs-for-worker',
    comment: 'Every kind of job is in worker.ts.',
    from: { path: '^server/src/', pathNot: `^server/src/worker\\.ts$|${test}` },
    to: { path: '^server/src/(?!platform/)[^/]+/jobs\\.ts$' },
  },
  {
    name: 'egress-in-platform',
    comment: 'What goes out goes through platform, where addresses are checked.',
    from: { path: `^server/src/(${slices.join('|')})/`, pathNot: test },
    to: {
      path: '^(node:)?(http|https|http2|net|tls|dgram|dns|dns/promises)$|node_modules/undici/',
      dependencyTypesNot: ['type-only'],
    },
  },
  {
    name: 'server-alone',
    comment: 'The server, the widget and the dashboard meet in protocol.',
    from: { path: '^server/src/', pathNot: test },
    to: { path: '^(widget|dashboard|e2e|bench|scripts)/' },
  },
  {
    name: 'widget-alone',
    comment: 'The widget is plain DOM: of the rest it has protocol/src/sse.ts, and types.',
    from: { path: '^widget/src/', pathNot: test },
    to: { pathNot: '^widget/src/|^protocol/src/sse\\.ts$', dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'dashboard-alone',
    comment: 'The server, the widget and the dashboard meet in protocol.',
    from: { path: '^dashboard/src/', pathNot: test },
    to: { path: '^(server|widget|e2e|bench|scripts)/' },
  },
  {
    name: 'protocol-alone',
    comment: 'Protocol is what crosses the wire, without I/O.',
    from: { path: '^protocol/src/', pathNot: test },
    to: { pathNot: '^protocol/src/|node_modules/zod/' },
  },
  {
    name: 'sse-without-imports',
    comment: 'The widget carries protocol/src/sse.ts, so that file carries nothing else.',
    from: { path: '^protocol/src/sse\\.ts$' },
    to: {},
  },
  {
    name: 'no-test-code',
    comment: 'Tests and what serves them are not part of the product.',
    from: { path: '^(server|protocol|widget|dashboard)/src/', pathNot: test },
    to: { path: test },
  },
  {
    name: 'no-development-package',
    comment: 'What runs in production stands under dependencies in its workspace.',
    from: { path: '^(server|protocol)/src/', pathNot: test },
    to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'resolvable',
    comment: 'An import must lead somewhere.',
    from: {},
    to: { couldNotResolve: true },
  },
]

module.exports = {
  forbidden: forbidden.map((rule) => ({ severity: 'error', ...rule })),
  options: {
    // TypeScript 6 reads the sources: with 7, which has no JavaScript interface, nothing would be seen.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^[^/]+/dist/' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
}
