// How a network file system looks from one machine: for tests.
import type { Clock } from '@vmkeep/kit'
import { changedStorage } from '../testing.ts'
import type { Storage, StoredObject } from './storage.ts'

/** What was put and removed by anybody, and when. */
interface Change {
  readonly atMs: number
  readonly key: string
  /** `undefined`: it was removed. */
  readonly sizeBytes: number | undefined
}

/**
 * One storage, seen from several machines whose folders and "no such file" are as they were `lagMs` ago. What a machine did itself it
 * sees at once, and what it finds by name is as it is: so do NFS clients keep folders and negative entries, and no more.
 * Source: Linux nfs(5), "Data and metadata coherence". Evidence: documented.
 */
export function staleViews(inner: Storage, clock: Clock, settleMs: number): (lagMs: number) => Storage {
  const changes: (Change & { readonly by: object })[] = []
  return (lagMs) => {
    const me = {}
    const note = (key: string, sizeBytes: number | undefined) =>
      void changes.push({ atMs: clock.monotonicMs(), key, sizeBytes, by: me })
    const unseen = () => changes.filter(({ atMs, by }) => by !== me && atMs > clock.monotonicMs() - lagMs)
    /** Whether it was put so lately that we still believe there is no such file. */
    const isHidden = (key: string) => unseen().find((change) => change.key === key)?.sizeBytes !== undefined
    return changedStorage(inner, {
      settleMs,
      async putNew(key, bytes, signal) {
        const outcome = await inner.putNew(key, bytes, signal)
        if (outcome === 'created') note(key, await inner.size(key))
        return outcome
      },
      get: async (key, max, signal) => (isHidden(key) ? undefined : await inner.get(key, max, signal)),
      size: async (key, signal) => (isHidden(key) ? undefined : await inner.size(key, signal)),
      async delete(key, signal) {
        await inner.delete(key, signal)
        note(key, undefined)
      },
      async *list(prefix, signal) {
        const objects = new Map<string, StoredObject>()
        for await (const object of inner.list(prefix, signal)) objects.set(object.key, object)
        for (const { key, sizeBytes } of unseen().toReversed())
          if (!key.startsWith(prefix)) continue
          else if (sizeBytes === undefined) objects.set(key, { key, sizeBytes: sizesOf(changes, key) })
          else objects.delete(key)
        yield* [...objects.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1))
      },
    })
  }
}

/** How large an object was that was removed. */
const sizesOf = (changes: readonly Change[], key: string) =>
  changes.findLast((change) => change.key === key && change.sizeBytes !== undefined)?.sizeBytes ?? 0
