// Holds what the real code asks of the storage against the model of the protocol (collect/model.ts). Nothing in the code knows of it:
// each call is understood by its key, its bytes and its answer.
import {
  type Event,
  type Fate,
  isWhole,
  newWriter,
  sessionOf,
  type State,
  take,
  type Writer,
} from '../collect/model.ts'
import { decodeCondemnedPacks } from '../formats/condemned-packs.ts'
import { beatOf, collectionOf, packKey, pinOf, pointIdOf, sessionIdOf, trashEntryOf } from '../formats/object-names.ts'
import { decodeSessionEnd } from '../formats/point.ts'
import { decodeBeat } from '../formats/session-signs.ts'
import type { MemoryStorage } from '../storage/memory-storage.ts'
import type { Storage } from '../storage/storage.ts'
import { changedStorage } from '../testing.ts'
import { idOf } from '../workers/seal-blob.ts'
import { blobType } from '../formats/blob.ts'
import type { Role } from './actors.ts'
import { type Content, type KnownRepository, palette } from './world.ts'

/** What the common header says an object is. */
const kindOf = (bytes: Uint8Array): number => bytes[51]!
const fateKinds: Readonly<Record<number, Fate['kind']>> = { 1: 'forgotten', 2: 'stands', 3: 'buried' }
/** The half of a session's id that its packs bear: the model's name for the session, and for the point it commits. */
const nameOf = (id: string): string => id.slice(16)
/** A pack's name in the model: its session, a dot, and which of its packs. */
const packNamed = (key: string): string => `${key.slice(-16)}.${key.slice(9, 17)}`

/** What one process is known to know. */
interface Process {
  readonly name: string
  readonly role: Role
  /** The session it has at work. */
  session: string | undefined
  readonly lists: Set<number>
  /** Whether it has looked for damaged copies since it last looked at packs: so begins who takes stock. */
  takesStock: boolean
  /** Keys of lists that broke off: they are taken up after the last. */
  readonly begun: Map<string, string[]>
}

export interface ReplayParts {
  readonly memory: MemoryStorage
  readonly known: KnownRepository
  readonly contents: ReadonlyMap<string, Content>
  /** Which of the palette is the blob to follow. */
  readonly blob: number
  /** Keys of packs in which it is damaged. */
  readonly rotten: readonly string[]
}

export class Replay {
  /** What the real code did that the model does not allow. */
  violation: string | undefined
  readonly #parts: ReplayParts
  readonly #id: Buffer
  readonly #holders = new Set<string>() // packs that hold, or once held, the blob
  readonly #fates = new Map<string, Fate['kind']>() // by key of the entry
  readonly #history: Event[] = []
  #state: State
  /** What a session may rely on cannot be seen: all that fits what it has done so far. */
  readonly #writers = new Map<string, Writer[]>()

  constructor(parts: ReplayParts) {
    this.#parts = parts
    const rotten = parts.rotten.map(packNamed)
    this.#state = { packs: [], rotten, lists: [], sessions: {}, ends: {}, fates: {}, writers: {}, collectors: {} }
    this.#id = Buffer.from(idOf(parts.known.ring.keys, blobType.chunk, palette[parts.blob]!))
    for (const [key, bytes] of parts.memory.objects) this.#begin(key, bytes)
  }

  /** A process's storage, watched where it is served. */
  watch(inner: Storage, name: string, role: Role): Storage {
    const process: Process = { name, role, session: undefined, lists: new Set(), takesStock: false, begun: new Map() }
    return changedStorage(inner, {
      putNew: async (key, pieces, signal) => {
        const bytes = pieces instanceof Uint8Array ? pieces : Buffer.concat(pieces)
        const outcome = await inner.putNew(key, bytes, signal)
        if (outcome === 'created') this.#created(process, key, bytes)
        if (pointIdOf(key) !== undefined) this.#answered(process, pointIdOf(key)!, Infinity)
        return outcome
      },
      get: async (key, max, signal) => {
        const bytes = await inner.get(key, max, signal)
        if (bytes !== undefined) this.#got(process, key, bytes)
        return bytes
      },
      getRange: async (key, at, target, signal) => {
        await inner.getRange(key, at, target, signal)
        this.#met(process, key)
      },
      getSuffix: async (key, max, signal) => {
        const found = await inner.getSuffix(key, max, signal)
        if (found !== undefined) this.#met(process, key)
        return found
      },
      size: async (key, signal) => {
        const sizeBytes = await inner.size(key, signal)
        const point = pointIdOf(key)
        if (point !== undefined && sizeBytes !== undefined) this.#answered(process, point, Infinity)
        return sizeBytes
      },
      delete: async (key, signal) => {
        await inner.delete(key, signal)
        this.#deleted(key)
      },
      list: (prefix, signal) => this.#list(inner, process, prefix, signal),
    })
  }

  async *#list(inner: Storage, process: Process, prefix: string, signal: AbortSignal | undefined) {
    const before = process.begun.get(prefix) ?? []
    const last = before.at(-1) ?? ''
    const keys = [...before]
    process.begun.set(prefix, keys)
    for await (const object of inner.list(prefix, signal)) {
      if (object.key > last) keys.push(object.key)
      yield object
    }
    process.begun.delete(prefix)
    this.#listed(process, prefix, keys)
  }

  /** What was there before the schedule. */
  #begin(key: string, bytes: Uint8Array): void {
    const point = pointIdOf(key)
    if (point !== undefined)
      this.#state = { ...this.#state, ends: { ...this.#state.ends, [nameOf(point)]: this.#endOf(point, bytes) } }
    if (key.startsWith('packs/') && this.#holds(key, bytes))
      this.#state = { ...this.#state, packs: [...this.#state.packs, packNamed(key)] }
    const fate = this.#fateOf(key, bytes)
    if (fate !== undefined) this.#state = { ...this.#state, fates: { ...this.#state.fates, [fate.point]: fate } }
    const collection = collectionOf(key)
    if (collection === undefined) return
    const { number, part } = collection
    const packs = this.#packsIn(bytes, collection)
    const lists = [...this.#state.lists]
    const { packs: listed = packs, final = null } = lists[number - 1] ?? {}
    lists[number - 1] = part === 'list' ? { packs, final } : { packs: listed, final: packs }
    this.#state = { ...this.#state, lists }
  }

  #created(process: Process, key: string, bytes: Uint8Array): void {
    const session = sessionIdOf(key)
    if (session !== undefined) return this.#signed(process, key, nameOf(session), bytes)
    const point = pointIdOf(key)
    if (point !== undefined) {
      const end = this.#endOf(point, bytes)
      if (end === 'fence') this.#take({ do: 'fence', session: nameOf(point) })
      else this.#take({ do: 'commit', writer: nameOf(point), needs: end === 'point' })
    }
    const fate = this.#fateOf(key, bytes)
    if (fate !== undefined) this.#take({ do: 'fate', point: fate.point, kind: fate.kind, number: fate.entries })
    const collection = collectionOf(key)
    if (collection !== undefined) {
      process.lists.add(collection.number)
      const packs = this.#packsIn(bytes, collection)
      if (collection.part === 'list') this.#take({ do: 'publish', collector: process.name, packs })
      else this.#take({ do: 'final', collector: process.name, number: collection.number - 1, packs })
    }
    if (key.startsWith('packs/') && this.#holds(key, bytes)) {
      const pack = packNamed(key)
      this.#take({ do: 'store', writer: sessionOf(pack), pack })
      this.#met(process, key)
    }
  }

  #signed(process: Process, key: string, session: string, bytes: Uint8Array): void {
    if (this.#state.sessions[session] === undefined) this.#take({ do: 'register', writer: session }) // or a sign that arrived twice
    if (this.#state.ends[session] === undefined) process.session = session
    const pin = pinOf(key)
    if (pin !== undefined && this.#needs(pin.pointId))
      this.#take({ do: 'pin', writer: session, point: nameOf(pin.pointId) })
    const beat = beatOf(key)
    if (beat !== undefined) this.#take({ do: 'beat', writer: session, respects: this.#respectsIn(beat, bytes) })
  }

  #got(process: Process, key: string, bytes: Uint8Array): void {
    const beat = beatOf(key)
    if (beat !== undefined) this.#answered(process, beat.sessionId, this.#respectsIn(beat, bytes))
    const end = pointIdOf(key) // who reads how a session ended knows that it did
    if (end !== undefined) this.#answered(process, end, Infinity)
    const collection = collectionOf(key)
    if (collection === undefined || process.lists.has(collection.number)) return
    process.lists.add(collection.number)
    this.#readLists(process)
  }

  #answered({ name, role }: Process, sessionId: string, respects: number): void {
    const session = nameOf(sessionId)
    if (role === 'collector') this.#take({ do: 'answer', collector: name, session, respects })
  }

  #met({ name, role }: Process, key: string): void {
    const pack = packNamed(key)
    if (role === 'collector' && this.#holders.has(pack)) this.#take({ do: 'meet', collector: name, pack })
  }

  #deleted(key: string): void {
    const pack = packNamed(key)
    if (key.startsWith('packs/') && this.#holders.has(pack)) this.#take({ do: 'delete', pack })
    const session = sessionIdOf(key)
    if (session === undefined) return
    for (const other of this.#parts.memory.objects.keys()) if (other.startsWith(`sessions/${session}/`)) return
    this.#take({ do: 'leave', session: nameOf(session) })
  }

  #listed(process: Process, prefix: string, keys: readonly string[]): void {
    if (prefix === 'gc/') this.#readLists(process)
    const point = /^trash\/([0-9a-f]{32})\/$/.exec(prefix)?.[1]
    if (point !== undefined && process.session !== undefined && this.#isPinned(process.session, nameOf(point)))
      this.#take({ do: 'find', writer: process.session, point: nameOf(point), buried: this.#buriedIn(keys).length > 0 })
    if (process.role !== 'collector') return
    const session = /^sessions\/([0-9a-f]{32})\/$/.exec(prefix)?.[1]
    if (session !== undefined && keys.length === 0) this.#answered(process, session, Infinity)
    const look = { do: 'look', collector: process.name } as const
    const names = (of: (key: string) => string | undefined) => [
      ...new Set(keys.flatMap((key) => (of(key) === undefined ? [] : [nameOf(of(key)!)]))),
    ]
    if (prefix === 'lost/') process.takesStock = true
    if (prefix === 'packs/')
      this.#listedPacks(
        process,
        keys.filter((key) => this.#holders.has(packNamed(key))),
      )
    if (prefix === 'trash/') this.#take({ ...look, sight: 'fates', seen: { buried: this.#buriedIn(keys) } })
    if (prefix === 'sessions/')
      this.#take({
        ...look,
        sight: 'sessions',
        seen: { sessions: names(sessionIdOf), pinned: names((key) => pinOf(key)?.pointId) },
      })
    if (prefix === 'points/') {
      const points = names(pointIdOf).filter((id) => this.#state.ends[id] === 'point')
      this.#take({ ...look, sight: 'points', seen: { points } })
    }
  }

  /** Who merely looks for a page that is missing learns what there is, and condemns nothing of it. */
  #listedPacks(process: Process, keys: readonly string[]): void {
    const packs = keys.map(packNamed)
    if (process.takesStock) this.#take({ do: 'look', collector: process.name, sight: 'packs', seen: { packs } })
    else for (const pack of packs) this.#take({ do: 'meet', collector: process.name, pack })
    process.takesStock = false
  }

  #readLists({ name, role, session, lists }: Process): void {
    let read = 0
    while (lists.has(read + 1)) read++
    if (session !== undefined) this.#take({ do: 'read lists', writer: session, read })
    if (role === 'collector') this.#take({ do: 'look', collector: name, sight: 'lists', seen: { read } })
  }

  #take(event: Event): void {
    if (this.violation !== undefined) return
    this.#history.push(event)
    const next = 'writer' in event ? this.#takeHidden(event, event.writer) : take(this.#state, event)
    if (next === undefined) return this.#fail('is not allowed by the protocol')
    this.#state = next
    if (!isWhole(next)) this.#fail('loses what is needed')
  }

  /** What fits the event, of all that a session may rely on. */
  #takeHidden(event: Event, id: string): State | undefined {
    const before = this.#writers.get(id) ?? [newWriter]
    const fits = new Map<string, Writer>()
    let next: State | undefined
    for (const writer of before.flatMap((each) => [each, ...this.#choices(id, each)])) {
      const after = take({ ...this.#state, writers: { [id]: writer } }, event)
      if (after === undefined) continue
      next = after
      const self = after.writers[id]!
      fits.set(JSON.stringify(self), self)
    }
    this.#writers.set(id, [...fits.values()])
    return next
  }

  #choices(id: string, writer: Writer): Writer[] {
    if (writer.relies !== '') return []
    const state = { ...this.#state, writers: { [id]: writer } }
    return [...this.#holders, 'base'].flatMap((on) => take(state, { do: 'rely', writer: id, on })?.writers[id] ?? [])
  }

  #fail(what: string): void {
    const last = this.#history.slice(-25).map((event) => JSON.stringify(event))
    this.violation = `the last call ${what}:\n${last.join('\n')}`
  }

  #endOf(point: string, bytes: Uint8Array): State['ends'][string] {
    if (kindOf(bytes) !== 1) return 'fence'
    return this.#contentOf(point, bytes)?.includes(this.#parts.blob) === true ? 'point' : 'other point'
  }

  /** A copy holds what its origin does. */
  #contentOf(point: string, bytes: Uint8Array): Content | undefined {
    const { contents, known } = this.#parts
    const content = contents.get(point)
    if (content !== undefined) return content
    const { repositoryId, roles } = known
    const end = decodeSessionEnd(bytes, { repositoryId, sessionId: point }, roles.control)
    return contents.get((end.kind === 'point' && end.point.origin?.point) || point)
  }

  #needs(point: string): boolean {
    return this.#state.ends[nameOf(point)] === 'point'
  }

  #isPinned(session: string, point: string): boolean {
    return this.#writers.get(session)?.some(({ pinned }) => pinned.includes(point)) === true
  }

  /** Whether a pack's trailer names the blob. */
  #holds(key: string, bytes: Uint8Array): boolean {
    const footer = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 64)
    const holds = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(
      this.#id,
      footer.getUint32(0, true),
    )
    if (holds) this.#holders.add(packNamed(key))
    return holds
  }

  #fateOf(key: string, bytes: Uint8Array): (Fate & { point: string }) | undefined {
    const entry = trashEntryOf(key)
    if (entry === undefined) return undefined
    const kind = fateKinds[kindOf(bytes)]!
    this.#fates.set(key, kind)
    return { point: nameOf(entry.pointId), kind, entries: entry.number }
  }

  /** Points whose last entry says that they are buried. */
  #buriedIn(keys: readonly string[]): string[] {
    const last = new Map(keys.map((key) => [nameOf(trashEntryOf(key)!.pointId), this.#fates.get(key)]))
    return [...last].flatMap(([point, kind]) => (kind === 'buried' ? [point] : []))
  }

  #packsIn(bytes: Uint8Array, name: { number: number; part: 'list' | 'final' }): string[] {
    const { repositoryId, roles } = this.#parts.known
    const { packs } = decodeCondemnedPacks(bytes, { repositoryId, ...name }, roles.control)
    return packs.map((pack) => packNamed(packKey(pack))).filter((pack) => this.#holders.has(pack))
  }

  #respectsIn({ sessionId, number }: { sessionId: string; number: number }, bytes: Uint8Array): number {
    const { repositoryId, roles } = this.#parts.known
    return decodeBeat(bytes, { repositoryId, holderId: sessionId, number }, roles.control).respects
  }
}
