import type { Suspicion } from './point.ts'

/** What a point added to the repository. */
export interface Growth {
  /** All disks of the point. */
  readonly capacityBytes: number
  /** What the repository did not have yet, before compression. */
  readonly newBytes: number
  /** What that took, compressed. */
  readonly storedBytes: number
}

/** So many points before tell what is usual; with fewer nothing is said. */
const historyMin = 5
const historyMax = 30
const newShareMin = 0.05
const timesUsual = 5
const storedShareMin = 0.95
const usualStoredShareMax = 0.8

/**
 * Whether a point looks as if somebody had encrypted the VM: suddenly much is new, and what is new no longer compresses, though this VM's data
 * does. `before` are the points before it, newest first; suspect ones that nobody has cleared are left out.
 *
 * A plain rule with plain limits: it misses who encrypts slowly, VMs whose data never compressed, and the first {@link historyMin} points; it is wrong
 * about an upgrade that unpacks many films. So it only ever keeps points, and never removes any.
 */
export function suspicionOf(growth: Growth, before: readonly Growth[]): Suspicion | undefined {
  const history = before.slice(0, historyMax)
  if (history.length < historyMin || growth.capacityBytes <= 0 || growth.newBytes <= 0) return undefined
  const newShare = newShareOf(growth)
  const usualNewShare = median(history.map(newShareOf))
  const storedShare = growth.storedBytes / growth.newBytes
  const usualStoredShare = sum(history.map((each) => each.storedBytes)) / sum(history.map((each) => each.newBytes))
  const isMuch = newShare >= newShareMin && newShare >= timesUsual * usualNewShare
  const isCollapsed = storedShare >= storedShareMin && usualStoredShare <= usualStoredShareMax
  return isMuch && isCollapsed ? { newShare, usualNewShare, storedShare, usualStoredShare } : undefined
}

const newShareOf = ({ newBytes, capacityBytes }: Growth) => (capacityBytes > 0 ? newBytes / capacityBytes : 0)
const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)
const median = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!
