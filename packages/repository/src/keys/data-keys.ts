import { FormatError } from '@vmkeep/kit'
import { type Core, nowMs } from '../core.ts'
import { fail } from '../errors.ts'
import { generationsFeature } from '../formats/features.ts'
import { sameBytes, toHex } from '../formats/hex.ts'
import { defaultDomain } from '../formats/key-ring.ts'
import { pointKey, sessionIdOf, sessionsPrefix, sessionStartKey } from '../formats/object-names.ts'
import { sealedObjectBytesMax } from '../formats/sealed-object.ts'
import { decodeSessionStart } from '../formats/session-start.ts'
import type { IndexedPack } from '../index/chunk-index.ts'
import type { DataKeyInfo } from '../repository.ts'
import { currentOf, requireSuperseded, withNewGeneration, withoutGeneration } from './change-ring.ts'

/** The data keys, ascending, and how much is sealed with each. */
export async function listDataKeys(core: Core, signal?: AbortSignal): Promise<DataKeyInfo[]> {
  await core.ring.refresh(signal)
  const { ring } = core.ring
  const stored = new Map<number, { packs: number; bytes: number }>()
  for (const { row, sizeBytes } of await presentPacks(core, signal)) {
    const sum = stored.get(row.keyGeneration) ?? { packs: 0, bytes: 0 }
    stored.set(row.keyGeneration, { packs: sum.packs + 1, bytes: sum.bytes + sizeBytes })
  }
  return ring.generations.map(({ generation, domain, createdAtMs }) => ({
    generation,
    ...(domain !== defaultDomain && { domain }),
    createdAt: new Date(createdAtMs).toISOString(),
    current: currentOf(ring, domain) === generation,
    ...(stored.get(generation) ?? { packs: 0, bytes: 0 }),
  }))
}

/** Makes a data key that sessions which begin from now on use. @throws `repository.domain-unknown`, `repository.keys-shared`, `repository.feature-missing` */
export async function rotateDataKey(
  core: Core,
  { domain = defaultDomain, alone, signal }: { domain?: string; alone?: boolean; signal?: AbortSignal },
): Promise<number> {
  requireOwnKeys(core, alone)
  await core.ring.change((ring) => withNewGeneration(ring, domain, { random: core.random, nowMs: nowMs(core) }), signal)
  return currentOf(core.ring.ring, domain)!
}

/**
 * Takes a data key out of the ring, and every older ring away, once nothing that is stored needs it and no session can use it.
 *
 * A session that began when the key's successor was known does not use it. What is stored is told by the packs that are there: were a
 * pack copied and then removed while we look, a collection would have condemned it for good meanwhile, and then we look again.
 *
 * @throws `repository.generation-unknown`, `repository.generation-current`, `repository.generation-in-use`
 */
export async function retireDataKey(core: Core, generation: number, signal?: AbortSignal): Promise<void> {
  await core.ring.refresh(signal)
  const successor = requireSuperseded(core.ring.ring, generation)
  const sessions = await sessionsBefore(core, successor, signal)
  if (sessions.length > 0) throw fail('repository.generation-in-use', { generation, packs: 0, sessions })
  const packs = (await presentPacks(core, signal)).filter(({ row }) => row.keyGeneration === generation).length
  if (packs > 0) throw fail('repository.generation-in-use', { generation, packs, sessions: [] })
  await core.ring.purge((ring) => withoutGeneration(ring, generation), signal)
}

/**
 * Twins would give one number to two keys: only the repository whose keys they share adds any, unless it is gone. And a program that knows
 * of one data key only would not say truly which one a pack needs.
 *
 * @throws `repository.keys-shared`, `repository.feature-missing`
 */
export function requireOwnKeys({ repositoryId, keysId, objects, readFeatures }: Core, alone = false): void {
  if (!alone && !sameBytes(repositoryId, keysId)) throw fail('repository.keys-shared', { origin: toHex(keysId) })
  if (!readFeatures.includes(generationsFeature))
    throw fail('repository.feature-missing', { storage: objects.storage.name, feature: generationsFeature })
}

interface PresentPack {
  readonly row: { readonly keyGeneration: number }
  readonly sizeBytes: number
}

/** Every pack that is there and not to be removed, with its data key: one look at a storage in which packs come and go. */
async function presentPacks(core: Core, signal: AbortSignal | undefined): Promise<PresentPack[]> {
  const { condemned, indexStore } = core
  for (;;) {
    await condemned.refresh(signal)
    const finals = condemned.finals
    await indexStore.refresh(signal)
    const sizes = new Map<string, number>()
    const { unlisted } = await indexStore.checkPresence(signal, (key, sizeBytes) => sizes.set(key, sizeBytes))
    const standing = unlisted.filter((name) => !condemned.isDoomed(name))
    const salvaged = await indexStore.salvage(standing, signal)
    await condemned.refresh(signal)
    if (condemned.finals !== finals) continue
    const listed = indexStore.index.packs.flatMap(({ key, name, row }: IndexedPack) => {
      const sizeBytes = sizes.get(key)
      return row === undefined || sizeBytes === undefined || condemned.isDoomed(name) ? [] : [{ row, sizeBytes }]
    })
    const others = salvaged.map(({ pack, keyGeneration, sizeBytes }) => ({
      key: pack.key,
      row: { keyGeneration },
      sizeBytes,
    }))
    return [...listed, ...others]
  }
}

/** Sessions at work that may not know of the data key `generation`, and so use an older one. */
async function sessionsBefore(core: Core, generation: number, signal: AbortSignal | undefined): Promise<string[]> {
  const ids = new Set<string>()
  for await (const { key } of core.objects.list(sessionsPrefix, signal)) {
    const id = sessionIdOf(key)
    if (id !== undefined) ids.add(id)
  }
  const before: string[] = []
  for (const id of ids) {
    if ((await core.objects.size(pointKey(id), signal)) !== undefined) continue
    if ((await knownBy(core, id, signal)) < generation) before.push(id)
  }
  return before
}

/** The highest data key a session knew when it began; 0 if it does not say. */
async function knownBy({ objects, repositoryId, roles }: Core, sessionId: string, signal: AbortSignal | undefined) {
  const source = await objects.get(sessionStartKey(sessionId), sealedObjectBytesMax, signal)
  try {
    return source === undefined
      ? 0
      : (decodeSessionStart(source, { repositoryId, sessionId }, roles.control).keyGeneration ?? 0)
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    return 0
  }
}
