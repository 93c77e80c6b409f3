import { crc32 } from 'node:zlib'
import { isParityShardWhole, type Parity, parityPerGroup } from '../formats/parity.ts'
import { Syndromes } from './reed-solomon.ts'

/** Reads bytes of a pack; what is not there any more is left as it is. */
export type ReadPack = (offsetBytes: number, target: Uint8Array) => Promise<void>

/** A damaged pack with its parity: every shard of it that can be had. */
export class RebuiltPack {
  readonly #parity: Parity
  readonly #read: ReadPack
  /** Shards that were damaged and are back. */
  readonly #rebuilt: ReadonlyMap<number, Uint8Array>

  private constructor(parity: Parity, read: ReadPack, rebuilt: ReadonlyMap<number, Uint8Array>) {
    this.#parity = parity
    this.#read = read
    this.#rebuilt = rebuilt
  }

  /** Looks at every shard, and rebuilds those that are damaged where no more than two of their group are. */
  static async open(parity: Parity, read: ReadPack): Promise<RebuiltPack> {
    const { dataShards, groups } = parity.layout
    const rebuilt = new Map<number, Uint8Array>()
    const reading = new RebuiltPack(parity, read, rebuilt)
    const damaged = new Map<number, number[]>() // group → shards
    for (let i = 0; i < dataShards; i++) {
      if (crc32(await reading.#shard(i)) === parity.checksums[i]) continue
      damaged.set(i % groups, [...(damaged.get(i % groups) ?? []), i])
    }
    for (const [group, lost] of damaged)
      for (const [i, shard] of await reading.#rebuild(group, lost)) rebuilt.set(i, shard)
    return reading
  }

  /** Bytes of the pack, rebuilt where that was possible. */
  async bytes(offsetBytes: number, lengthBytes: number): Promise<Uint8Array> {
    const { shardBytes } = this.#parity.layout
    const target = new Uint8Array(lengthBytes)
    for (let at = offsetBytes; at < offsetBytes + lengthBytes;) {
      const i = Math.floor(at / shardBytes)
      const shard = this.#rebuilt.get(i) ?? (await this.#shard(i))
      const part = shard.subarray(at - i * shardBytes).subarray(0, offsetBytes + lengthBytes - at)
      target.set(part, at - offsetBytes)
      at += part.length
    }
    return target
  }

  async #rebuild(group: number, lost: readonly number[]): Promise<[number, Uint8Array][]> {
    const { layout, shards, checksums } = this.#parity
    const { dataShards, groups, shardBytes } = layout
    const members = Array.from({ length: Math.ceil((dataShards - group) / groups) }, (_, j) => group + j * groups)
    const checks = Array.from({ length: parityPerGroup }, (_, i) => group * parityPerGroup + i)
    const lostChecks = checks.filter((check) => !isParityShardWhole(this.#parity, check))
    if (lost.length + lostChecks.length > parityPerGroup) return []
    const syndromes = new Syndromes(shardBytes)
    const zeroes = new Uint8Array(shardBytes)
    for (const i of members) syndromes.add(lost.includes(i) ? zeroes : await this.#shard(i))
    for (const check of checks)
      syndromes.add(lostChecks.includes(check) ? zeroes : shards.slice(check * shardBytes, (check + 1) * shardBytes))
    const places = [
      ...lost.map((i) => members.indexOf(i)),
      ...lostChecks.map((check) => members.length + checks.indexOf(check)),
    ]
    const found = syndromes.lost(places)
    return lost.flatMap((i, n) => (crc32(found[n]!) === checksums[i] ? [[i, found[n]!]] : []))
  }

  /** A shard as it lies there, the last one filled up with zeroes. */
  async #shard(i: number): Promise<Uint8Array> {
    const { shardBytes, packBytes } = this.#parity.layout
    const shard = new Uint8Array(shardBytes)
    const offsetBytes = i * shardBytes
    await this.#read(offsetBytes, shard.subarray(0, Math.min(shardBytes, packBytes - offsetBytes)))
    return shard
  }
}
