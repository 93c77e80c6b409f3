import { crc32 } from 'node:zlib'
import { type Parity, type ParityLayout, parityPerGroup } from '../formats/parity.ts'
import { Syndromes } from './reed-solomon.ts'

/** Makes the parity of a pack from its bytes, as they come. Memory: two shards per group, a sixteenth of the pack. */
export class ParityMaker {
  readonly #layout: ParityLayout
  readonly #groups: readonly Syndromes[]
  readonly #checksums: Uint32Array
  readonly #shard: Uint8Array
  #filled = 0
  #shards = 0

  constructor(layout: ParityLayout) {
    this.#layout = layout
    this.#groups = Array.from({ length: layout.groups }, () => new Syndromes(layout.shardBytes))
    this.#checksums = new Uint32Array(layout.dataShards + layout.groups * parityPerGroup)
    this.#shard = new Uint8Array(layout.shardBytes)
  }

  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const part = bytes.subarray(at, at + this.#shard.length - this.#filled)
      this.#shard.set(part, this.#filled)
      this.#filled += part.length
      at += part.length
      if (this.#filled === this.#shard.length) this.#take()
    }
  }

  /** What was pushed must have been as long as the layout says. */
  finish(): Parity {
    if (this.#filled > 0) {
      this.#shard.fill(0, this.#filled)
      this.#take()
    }
    const { layout, checksums } = { layout: this.#layout, checksums: this.#checksums }
    const shards = new Uint8Array(layout.groups * parityPerGroup * layout.shardBytes)
    for (const [group, syndromes] of this.#groups.entries())
      for (const [i, shard] of syndromes.checks().entries()) {
        const place = group * parityPerGroup + i
        shards.set(shard, place * layout.shardBytes)
        checksums[layout.dataShards + place] = crc32(shard)
      }
    return { layout, checksums, shards }
  }

  #take(): void {
    this.#groups[this.#shards % this.#layout.groups]!.add(this.#shard)
    this.#checksums[this.#shards++] = crc32(this.#shard)
    this.#filled = 0
  }
}
