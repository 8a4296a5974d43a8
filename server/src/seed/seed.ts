/** Seed. */
export class SeedError extends Error {}
export async function seed(_ports: object, _input: unknown): Promise<object> {
  throw new SeedError('not yet')
}
