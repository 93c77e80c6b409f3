import { FormatError } from '@vmkeep/kit'
import type { Core } from '../core.ts'
import {
  decodeParity,
  encodeParity,
  isParityWhole,
  type Parity,
  parityBytesMax,
  parityLayout,
} from '../formats/parity.ts'
import { packKey, parityKey, parityPackOf, parityPrefix } from '../formats/object-names.ts'
import type { IndexedPack } from '../index/chunk-index.ts'
import type { LostBlob } from '../repair/find-lost.ts'
import type { RepairSource } from '../repair/sources.ts'
import { openStoredBlob } from '../packs/open-stored-blob.ts'
import type { Region } from '../workers/jobs.ts'
import { ParityMaker } from './make-parity.ts'
import { RebuiltPack } from './rebuilt-pack.ts'

const readBytes = 8 * 1024 * 1024
const rebuiltPacksMax = 2

/** Stores the parity of a pack that was just stored, from the same bytes. */
export async function storeParity(
  core: Core,
  name: Uint8Array,
  pieces: readonly (Region | Uint8Array)[],
  sizeBytes: number,
): Promise<void> {
  const parity = await core.jobs.run('parity', { pieces, layout: parityLayout(sizeBytes) })
  await putParity(core, name, parity)
}

/** The parity of a pack; `undefined` if there is none. @throws FormatError if it is damaged beyond its shards */
export async function readParity(core: Core, name: Uint8Array, signal?: AbortSignal): Promise<Parity | undefined> {
  const { objects, repositoryId, roles } = core
  const source = await objects.get(parityKey(name), parityBytesMax, signal)
  return source && decodeParity(source, { repositoryId, name }, roles.index)
}

/** What is wrong with the parity of a pack that is whole: then it is made anew. `undefined`: nothing. */
export async function mendParity(
  core: Core,
  { name, key, row }: IndexedPack,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const reason = await whyNotWhole(core, name, signal)
  if (reason === undefined) return undefined
  const maker = new ParityMaker(parityLayout(row!.sizeBytes))
  for (let at = 0; at < row!.sizeBytes; at += readBytes) {
    const part = new Uint8Array(Math.min(readBytes, row!.sizeBytes - at))
    await core.objects.getRange(key, at, part, signal)
    maker.push(part)
  }
  await core.objects.delete(parityKey(name), signal)
  await putParity(core, name, maker.finish(), signal)
  return reason
}

async function whyNotWhole(core: Core, name: Uint8Array, signal: AbortSignal | undefined): Promise<string | undefined> {
  try {
    const parity = await readParity(core, name, signal)
    if (parity === undefined) return 'it is not there'
    return isParityWhole(parity) ? undefined : 'a shard of it is damaged'
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    return error.message
  }
}

async function putParity(core: Core, name: Uint8Array, parity: Parity, signal?: AbortSignal): Promise<void> {
  const { objects, repositoryId, roles } = core
  await objects.putUnique(parityKey(name), encodeParity({ repositoryId, name }, parity, roles.index), signal)
}

/** Removes parity whose pack has gone. A pack is stored before its parity, and its name is never used again. */
export async function removeOrphanParity(
  core: Core,
  isThere: (packKeyText: string) => boolean,
  signal?: AbortSignal,
): Promise<void> {
  for await (const { key } of core.objects.list(parityPrefix, signal)) {
    const name = parityPackOf(key)
    if (name === undefined || isThere(packKey(name))) continue
    if ((await core.objects.size(packKey(name), signal)) === undefined) await core.objects.delete(key, signal)
  }
}

/** Lost blobs out of packs that can be rebuilt by their parity. */
export function parityOf(core: Core): RepairSource {
  const packs = new Map<string, Promise<RebuiltPack | undefined>>()
  const rebuilt = (pack: IndexedPack, signal: AbortSignal | undefined) => {
    const known = packs.get(pack.key) ?? open(core, pack, signal)
    packs.delete(pack.key)
    packs.set(pack.key, known)
    if (packs.size > rebuiltPacksMax) packs.delete(packs.keys().next().value!)
    return known
  }
  return async ({ id, type }: LostBlob, signal) => {
    const place = core.indexStore.index.recall(id)
    const pack = place && (await rebuilt(place.pack, signal))
    const blob = await pack?.bytes(place!.offsetBytes, place!.storedBytes)
    if (blob === undefined) return undefined
    try {
      await openStoredBlob(core, blob, { id, type }, signal)
      return blob
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      return undefined
    }
  }
}

async function open(
  core: Core,
  { name, key }: IndexedPack,
  signal: AbortSignal | undefined,
): Promise<RebuiltPack | undefined> {
  const sizeBytes = await core.objects.size(key, signal)
  const parity = await readParity(core, name, signal).catch((error: unknown) => {
    if (!(error instanceof FormatError)) throw error
    return undefined
  })
  if (parity === undefined) return undefined
  return await RebuiltPack.open(parity, async (offsetBytes, target) => {
    const there = target.subarray(0, Math.max(0, Math.min(target.length, (sizeBytes ?? 0) - offsetBytes)))
    if (there.length > 0) await core.objects.getRange(key, offsetBytes, there, signal)
  })
}
