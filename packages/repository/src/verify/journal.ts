import { FormatError, forEachConcurrent } from '@vmkeep/kit'
import { type Core, nowMs } from '../core.ts'
import { verifiedPrefix, verifiedRecordKey, verifiedRecordOf } from '../formats/object-names.ts'
import { sealedObjectBytesMax } from '../formats/sealed-object.ts'
import {
  decodeVerifiedPacks,
  encodeVerifiedPacks,
  minutesOf,
  msOfMinutes,
  type VerifiedPack,
  verifiedPacksMax,
} from '../formats/verified-packs.ts'
import { PrefixTable } from '../index/prefix-table.ts'

const readsAtOnce = 8
/** Written so often that what is interrupted loses little. */
const packsPerRecord = 256
/** More records than this, and twice what it takes, and they are written anew. */
const recordsFree = 16

export type ReadLevel = 'checksum' | 'full'

/** Which packs were read and found good, when and how: `verify/…`. Without it nothing is lost but time. */
export class VerifyJournal {
  /** Records that cannot be read: key → reason. What they said is verified again. */
  readonly damaged = new Map<string, string>()
  readonly #core: Core
  readonly #table = new PrefixTable(2) // minutes of the last checksum or full reading, of the last full reading
  readonly #records = new Set<string>()
  #unwritten: VerifiedPack[] = []

  private constructor(core: Core) {
    this.#core = core
  }

  static async read(core: Core, signal?: AbortSignal): Promise<VerifyJournal> {
    const journal = new VerifyJournal(core)
    const keys: string[] = []
    for await (const { key } of core.objects.list(verifiedPrefix, signal))
      if (verifiedRecordOf(key) !== undefined) keys.push(key)
    await forEachConcurrent(keys, readsAtOnce, (key) => journal.#read(key, signal))
    return journal
  }

  /** When a pack was last read so thoroughly and found good. 0: never. */
  lastMs(packName: Uint8Array, level: ReadLevel): number {
    const minutes = this.#table.find(packName.subarray(0, 16))
    return minutes === undefined ? 0 : msOfMinutes(minutes[level === 'full' ? 1 : 0]!)
  }

  /** Notes that a pack was read and found good. A clock that runs ahead, here or elsewhere, never makes a pack look good for ever. */
  async add(packName: Uint8Array, level: ReadLevel): Promise<void> {
    const minutes = minutesOf(nowMs(this.#core))
    const prefix = packName.subarray(0, 16)
    const known = this.#table.find(prefix)
    const fullMinutes = level === 'full' ? minutes : (known?.[1] ?? 0)
    this.#table.set(prefix, minutes, fullMinutes)
    this.#unwritten.push({ prefix, checksumMinutes: minutes, fullMinutes })
    if (this.#unwritten.length >= packsPerRecord) await this.flush()
  }

  /** Writes what is not yet written. */
  async flush(): Promise<void> {
    const packs = this.#unwritten
    this.#unwritten = []
    if (packs.length > 0) await this.#write(packs)
  }

  /** Writes the journal anew, of these packs only, once it has far more records than that takes; and then removes the old ones. */
  async fold(packs: Iterable<{ readonly name: Uint8Array }>, signal?: AbortSignal): Promise<void> {
    const old = [...this.#records, ...this.damaged.keys()]
    const rows: VerifiedPack[] = []
    if (old.length <= recordsFree) return
    for (const { name } of packs) {
      const minutes = this.#table.find(name.subarray(0, 16))
      if (minutes !== undefined)
        rows.push({ prefix: name.subarray(0, 16), checksumMinutes: minutes[0]!, fullMinutes: minutes[1]! })
    }
    if (old.length <= recordsFree + 2 * Math.ceil(rows.length / verifiedPacksMax)) return
    for (let at = 0; at < rows.length; at += verifiedPacksMax) await this.#write(rows.slice(at, at + verifiedPacksMax))
    for (const key of old) await this.#core.objects.delete(key, signal)
    for (const key of old) this.#records.delete(key)
  }

  async #write(packs: readonly VerifiedPack[]): Promise<void> {
    const { objects, repositoryId, roles, random } = this.#core
    const recordId = random.bytes(16)
    const sealing = { controlKey: roles.control, random }
    const key = verifiedRecordKey(recordId)
    await objects.putUnique(key, encodeVerifiedPacks({ repositoryId, recordId }, packs, sealing))
    this.#records.add(key)
  }

  async #read(key: string, signal: AbortSignal | undefined): Promise<void> {
    const { objects, repositoryId, roles } = this.#core
    const recordId = verifiedRecordOf(key)!
    const source = await objects.get(key, sealedObjectBytesMax, signal)
    if (source === undefined) return // folded meanwhile
    try {
      for (const row of decodeVerifiedPacks(source, { repositoryId, recordId }, roles.control)) this.#learn(row)
      this.#records.add(key)
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      this.damaged.set(key, error.message)
    }
  }

  /** Of several records the latest counts, but none that comes from the future. */
  #learn({ prefix, checksumMinutes, fullMinutes }: VerifiedPack): void {
    const now = minutesOf(nowMs(this.#core))
    const known = this.#table.find(prefix)
    const latest = (a: number, b: number | undefined) => Math.max(a > now ? 0 : a, b ?? 0)
    const full = latest(fullMinutes, known?.[1])
    const checksum = Math.max(full, latest(checksumMinutes, known?.[0]))
    if (checksum > 0) this.#table.set(prefix, checksum, full)
  }
}
