import type { Faults, StorageAction } from './model.ts'

export const noFaults: Faults = { next: () => undefined }

/** What a rule wants done now. A plan may hold actions of other parts of the lab: those are theirs. */
export function doAt<Action extends { readonly do: string } = StorageAction>(
  faults: Faults,
  on: string,
  object = '',
): Action | undefined {
  const action = faults.next(on, object)
  return typeof action === 'object' && action !== null && 'do' in action ? (action as Action) : undefined
}
