import type { Core } from '../core.ts'
import { blobHeaderBytes, blobTagBytes, blobType } from '../formats/blob.ts'
import { type PackKind, packKind } from '../formats/pack.ts'
import { newSessionId } from '../formats/session-id.ts'
import type { BlobReader } from '../packs/blob-reader.ts'
import type { CopiedBlob } from '../packs/copy-blobs.ts'
import type { PackStore } from '../packs/pack-store.ts'
import { PackStream } from '../packs/pack-stream.ts'
import { Beats } from '../sessions/beats.ts'
import { registerSession } from '../sessions/begin-session.ts'
import { fence } from '../sessions/session-end.ts'

export interface RepairSession {
  /** Stores a sealed blob. */
  put(blob: Uint8Array, type: number): Promise<void>
  /** Waits until everything put is durable and was read back. */
  settle(): Promise<void>
}

/**
 * Does work in a session of its own, which makes no point and ends in a fence. What was stored stays: points name it. It relies on
 * nothing, so that collections never wait for more than a sign of life.
 */
export async function inRepairSession<T>(
  core: Core,
  { packs, reader }: { readonly packs: PackStore; readonly reader: BlobReader },
  signal: AbortSignal | undefined,
  work: (session: RepairSession) => Promise<T>,
): Promise<T> {
  const sessionId = newSessionId(core.clock.nowMs(), core.random.bytes(2), core.random)
  const fenced = new AbortController()
  const either = signal === undefined ? fenced.signal : AbortSignal.any([signal, fenced.signal])
  let deltas = 0
  const owner = { sessionId, signal: either, nextDelta: () => ++deltas }
  const beats = new Beats(core, { packs, owner, relied: new Set(), onFailure: (reason) => fenced.abort(reason) })
  const session = new OpenRepairSession(core, { packs, reader, owner })
  try {
    await registerSession(core, packs, owner)
    await beats.start()
    return await work(session)
  } finally {
    await beats.stop()
    await session.end()
    await fence(core, sessionId)
  }
}

class OpenRepairSession implements RepairSession {
  readonly #reader: BlobReader
  readonly #signal: AbortSignal
  readonly #streams: Readonly<Record<PackKind, PackStream>>
  #stored: Promise<void>[] = []
  #put: CopiedBlob[] = []

  constructor(
    core: Core,
    {
      packs,
      reader,
      owner,
    }: {
      packs: PackStore
      reader: BlobReader
      owner: ConstructorParameters<typeof PackStream>[2]['owner'] & { signal: AbortSignal }
    },
  ) {
    this.#reader = reader
    this.#signal = owner.signal
    const onStoring = (storing: Promise<void>) => {
      storing.catch(() => {}) // asked for when it settles
      this.#stored.push(storing)
    }
    const streamOf = (kind: PackKind) => new PackStream(core, packs, { kind, owner, onStoring })
    this.#streams = { [packKind.data]: streamOf(packKind.data), [packKind.metadata]: streamOf(packKind.metadata) }
  }

  async put(blob: Uint8Array, type: number): Promise<void> {
    const stream = this.#streams[type === blobType.chunk ? packKind.data : packKind.metadata]
    const header = blob.subarray(0, blobHeaderBytes)
    const tagAt = blob.length - blobTagBytes
    this.#put.push(
      await stream.append({ header, ciphertext: blob.subarray(blobHeaderBytes, tagAt), tag: blob.subarray(tagAt) }),
    )
  }

  async settle(): Promise<void> {
    const put = this.#put
    this.#put = []
    await this.end()
    const stored = this.#stored
    this.#stored = []
    await Promise.all(stored)
    for (const { pack, entry } of put)
      await this.#reader.readAt({ ...entry, pack }, { id: entry.id, type: entry.type }, this.#signal)
  }

  /** Has what is open stored, whatever comes of it. */
  async end(): Promise<void> {
    for (const stream of Object.values(this.#streams)) stream.close()
    await Promise.allSettled(this.#stored)
  }
}
