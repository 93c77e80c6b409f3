/**
 * Where a disk stood when CBT was asked: `<epoch>/<sequence>`, e.g. `52 de c0 d9 b9 43 9d 10-61 d5 4c 1b e9 7b 65 63/81`.
 *
 * The epoch changes whenever tracking starts anew; what changed between two epochs cannot be told.
 * Source: VDDK programming guide, "Changed Block Tracking", and the backing info types' changeId. Evidence: documented (the
 * form); inferred (that the sequence is a decimal number: every published example is one).
 */
export interface ChangeId {
  readonly epoch: string
  readonly sequence: bigint
}

/** The change id that means "everything in use": not a moment, so it parses to nothing and belongs to no epoch. */
export const everythingInUse = '*'

/**
 * Takes a change id apart. `undefined` for none, an empty one (CBT is not active on that disk), `*`, or anything of another
 * form: with such an id nothing can be compared, and the caller reads the whole disk.
 */
export function parseChangeId(text: string | undefined): ChangeId | undefined {
  const match = /^(?<epoch>[^/]+)\/(?<sequence>\d{1,20})$/.exec(text?.trim() ?? '')
  if (match?.groups === undefined) return undefined
  const { epoch, sequence } = match.groups as { epoch: string; sequence: string }
  return { epoch: epoch.trim().toLowerCase(), sequence: BigInt(sequence) }
}

/** Whether both change ids come from one run of tracking, so that the changes between them can be asked for. */
export function sameEpoch(a: string | undefined, b: string | undefined): boolean {
  const [left, right] = [parseChangeId(a), parseChangeId(b)]
  return left !== undefined && right !== undefined && left.epoch === right.epoch
}

/**
 * Whether `a` was taken before `b`, in the same epoch.
 * A stored change id that is *newer* than the disk's current one means that the VM went back in time (revert to a snapshot).
 */
export function isOlder(a: string | undefined, b: string | undefined): boolean {
  const [left, right] = [parseChangeId(a), parseChangeId(b)]
  return left !== undefined && right !== undefined && left.epoch === right.epoch && left.sequence < right.sequence
}
