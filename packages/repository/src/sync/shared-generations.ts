import { hasCode } from '@vmkeep/kit'
import type { Core } from '../core.ts'
import { fail } from '../errors.ts'
import { sameBytes, toHex } from '../formats/hex.ts'
import type { PackEntry } from '../formats/pack.ts'
import type { IndexedPack } from '../index/chunk-index.ts'
import { packEntries } from '../packs/pack-entries.ts'
import { provePack } from '../packs/prove-pack.ts'

/** Each look reads two packs whole. What was stored twice, by two who knew nothing of each other, proves nothing: so more than one. */
const looksMax = 16

/**
 * Which data keys two repositories have in common, told without seeing any: sealed with one, a blob that lies in both byte for byte was
 * copied by somebody who had the key, and had given it to both.
 */
export class SharedGenerations {
  readonly #from: Core
  readonly #to: Core
  readonly #proofs = new Map<number, Promise<boolean>>()

  constructor(from: Core, to: Core) {
    this.#from = from
    this.#to = to
  }

  /** @throws `repository.generation-unproven` */
  async require(generation: number, signal?: AbortSignal): Promise<void> {
    const proof = this.#proofs.get(generation) ?? this.#prove(generation, signal)
    this.#proofs.set(generation, proof)
    if (!(await proof)) throw fail('repository.generation-unproven', { generation, twin: toHex(this.#to.repositoryId) })
  }

  /** Looks before a commit whether a target that sees its data keys has kept those that were relied upon. @throws as `require` */
  async confirm(signal?: AbortSignal): Promise<void> {
    const { ring, repositoryId } = this.#to
    if (ring.maintenanceOnly) return
    await ring.refresh(signal)
    for (const generation of this.#proofs.keys())
      if (!ring.canOpen(generation))
        throw fail('repository.generation-unproven', { generation, twin: toHex(repositoryId) })
  }

  /** Again as long as a collection takes away what could have proven it: what it held lies elsewhere. Each time there is a pack less. */
  async #prove(generation: number, signal: AbortSignal | undefined): Promise<boolean> {
    for (;;) {
      const found = await this.#look(generation, signal)
      if (found !== 'gone') return found
      for (const { indexStore } of [this.#from, this.#to]) await indexStore.refresh(signal)
    }
  }

  /** `gone`: it is not proven, and a pack that could have proven it is there no more. */
  async #look(generation: number, signal: AbortSignal | undefined): Promise<boolean | 'gone'> {
    let looks = 0
    let isGone = false
    const { table } = this.#to.indexStore.index
    for (let ordinal = 0; ordinal < table.count; ordinal++) {
      if (!table.hasRow(ordinal) || table.keyGenerationOf(ordinal) !== generation) continue
      const pack = table.at(ordinal)
      if (pack.state !== 'live') continue
      for (const entry of await packEntries(this.#to, pack.name, signal)) {
        const origin = this.#from.indexStore.index.find(entry.id)
        if (origin?.pack.state !== 'live' || origin.pack.row?.keyGeneration !== generation) continue
        if (origin.storedBytes !== entry.storedBytes) continue
        const there = await sumOf(this.#to, pack, entry, signal)
        const here = await sumOf(this.#from, origin.pack, origin, signal)
        if (there === undefined || here === undefined) isGone = true
        else if (sameBytes(there, here)) return true
        else if (++looks === looksMax) return false
        if (there === undefined) break
      }
    }
    return isGone ? 'gone' : false
  }
}

/** The SHA-256 of a blob in a pack that is proven; `undefined` if the pack is there no more. */
async function sumOf(
  core: Core,
  pack: IndexedPack,
  entry: Pick<PackEntry, 'offsetBytes' | 'storedBytes'>,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  try {
    return (await provePack(core, pack, [entry], signal))[0]
  } catch (error) {
    if (!hasCode(error, 'storage.not-found')) throw error
    core.indexStore.lose(pack)
    return undefined
  }
}
