/** What a person has to mend before the process can do its work: the message is all that they are told. */
export class StartProblem extends Error {
  override readonly name: string = 'StartProblem'
}

/** What lies under wrappers such as "Failed query". An AggregateError's own message is empty. */
export function rootOf(error: unknown): unknown {
  let at = error
  while (at instanceof Error && at.cause instanceof Error) at = at.cause
  return at instanceof AggregateError && at.errors.length > 0 ? at.errors[0] : at
}

export function rootMessageOf(error: unknown): string {
  const root = rootOf(error)
  return root instanceof Error ? root.message : String(root)
}
