import { seededRandom } from '@vmkeep/kit'
import { fakeClock } from '@vmkeep/kit/testing'
import type { Core } from '../core.ts'
import { encodeDelta } from '../formats/delta.ts'
import { toHex } from '../formats/hex.ts'
import { deltaKey } from '../formats/object-names.ts'
import { newSessionId } from '../formats/session-id.ts'
import { ObjectStore } from '../storage/object-store.ts'
import type { Storage } from '../storage/storage.ts'
import { Compactor } from './compactor.ts'
import { IndexStore } from './index-store.ts'

export interface TestIndex {
  readonly indexStore: IndexStore
  readonly index: IndexStore['index']
  readonly compactor: Compactor
  readonly session: string
  /** Stores a delta of one pack that holds these blobs, as a session would. */
  readonly put: (blobs: readonly number[]) => Promise<{ readonly name: string; readonly blobs: readonly number[] }>
}

/** As much of a repository as its index needs. */
export function indexOf(storage: Storage, seed: string, doomed: Set<string> = new Set()): TestIndex {
  const random = seededRandom(seed)
  const clock = fakeClock()
  const objects = new ObjectStore(storage, { clock, random })
  const roles = { index: new Uint8Array(32).fill(1), control: new Uint8Array(32).fill(2) }
  const repositoryId = new Uint8Array(16).fill(3)
  const isDoomed = (name: Uint8Array) => doomed.has(toHex(name))
  const indexStore = new IndexStore(objects, {
    repositoryId,
    indexKey: roles.index,
    controlKey: roles.control,
    condemned: { isDoomed, isCondemned: isDoomed },
    memoryBytes: 2 ** 20,
  })
  const core = { objects, repositoryId, roles, random, clock, indexStore } as unknown as Core
  const compactor = new Compactor(core)
  const session = newSessionId(clock.nowMs(), random.bytes(2), random)
  let number = 0
  const put = async (blobs: readonly number[]) => {
    const name = Buffer.concat([random.bytes(16), Buffer.from(session.slice(16), 'hex')])
    const row = {
      name,
      sizeBytes: 2 ** 27,
      blobs: blobs.length,
      plainBytes: 9,
      sha256: random.bytes(32),
      kind: 1,
      keyGeneration: 1,
    }
    const entries = blobs.map((blob) => ({
      id: idOf(blob),
      pack: 0,
      offsetBytes: 64 + 100 * blob,
      storedBytes: 100,
      type: 1,
      compression: 1,
    }))
    const identity = { repositoryId, sessionId: Buffer.from(session, 'hex'), number: ++number }
    await objects.putUnique(deltaKey(session, number), encodeDelta(identity, [row], entries, roles.index))
    return { name: toHex(name), blobs }
  }
  return { indexStore, index: indexStore.index, compactor, session, put }
}

/** Ids of which many share their first word, and some all but the last: collisions of every kind. */
export function idOf(blob: number): Uint8Array {
  const id = new Uint8Array(32)
  new DataView(id.buffer).setUint32(0, Math.floor(blob / 40) * 0x0a00_0000)
  id[15] = blob % 40
  id[8] = (blob * 37) & 0xff
  return id
}
