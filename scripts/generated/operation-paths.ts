import { operations } from '../../protocol/src/operations.ts'

/** Method and path of each operation, so that a front end needs no schema at run time. */
export function operationPathsModule(): string {
  const rows = Object.entries(operations).map(([name, { method, path }]) => `  ${name}: ['${method}', '${path}'],`)
  return [
    '/** Made from `operations.ts` by `npm run generate`: method and path of each, without the schemas. */',
    'export const operationPaths = {',
    ...rows,
    '} as const',
    '',
  ].join('\n')
}
