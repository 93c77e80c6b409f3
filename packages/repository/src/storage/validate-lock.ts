import { systemClock, systemRandom } from '@vmkeep/kit'
import { toHex } from '../formats/hex.ts'
import type { LockBreak, LockMode } from './object-lock.ts'
import type { Storage } from './storage.ts'
import { probePrefix, type StorageCheck, type ValidateOptions } from './validate-storage.ts'

/** The shortest time that a server whose clock is a little ahead still takes for one to come. */
const shortestMs = 2 * 60_000

/** What a lock has to withstand, in the order it is tried, and what it means where it does not. */
const attacks = {
  shortened: ['keeps-locks', 'the lock of an object was made shorter'],
  overwritten: ['keeps-what-is-locked', 'the bytes of a locked object were replaced'],
  deleted: [
    'refuses-to-delete-what-is-locked',
    'a locked object was deleted for good, with the rights this program has',
  ],
  bypassed: [
    'locks-for-everybody',
    'a lock was lifted before its end, with the rights this program has: take s3:BypassGovernanceRetention from them, or use the mode compliance',
  ],
} as const satisfies Record<LockBreak, readonly [StorageCheck['promise'], string]>

/**
 * Tries whether what is locked stays: locks a small object below `probe/` for two minutes and attacks it in every way there is. The object is
 * removed by a later validation. Where the storage cannot lock, nothing is offered.
 *
 * @throws `storage.*`, `s3.*` if it cannot be asked
 */
export async function validateLock(
  storage: Storage,
  mode: LockMode,
  { clock = systemClock, random = systemRandom, signal }: ValidateOptions = {},
): Promise<StorageCheck[]> {
  const promises = ['locks', ...Object.values(attacks).map(([promise]) => promise)] as const
  const { lock } = storage
  const why = lock === undefined ? 'it has no way to lock' : await lock.whyNot(mode, signal)
  if (lock === undefined || why !== undefined)
    return promises.map((promise) => ({ promise, outcome: 'not-offered', reason: why! }))
  const key = `${probePrefix}${Math.round(clock.nowMs())}-${toHex(random.bytes(8))}-lock`
  const retention = { mode, untilMs: Math.ceil((clock.nowMs() + shortestMs) / 1000) * 1000 }
  await lock.putNew(key, random.bytes(100), retention, signal)
  const found = await lock.retentionOf(key, signal)
  const locked = found?.mode === mode && found.untilMs === retention.untilMs
  const broken = new Set(await lock.breaks(key, signal))
  const notLocked = 'an object put with a lock has none, or another one'
  return [
    locked ? { promise: 'locks', outcome: 'passed' } : { promise: 'locks', outcome: 'failed', reason: notLocked },
    ...Object.entries(attacks).map(([attack, [promise, reason]]): StorageCheck =>
      broken.has(attack as LockBreak) ? { promise, outcome: 'failed', reason } : { promise, outcome: 'passed' },
    ),
  ]
}
