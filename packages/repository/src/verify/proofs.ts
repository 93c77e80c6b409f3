import { AppError, FormatError } from '@vmkeep/kit'
import { type Core, nowMs } from '../core.ts'
import { proofKey, proofPointOf, proofsPrefix } from '../formats/object-names.ts'
import { decodeProof, encodeProof, type Proof } from '../formats/proof.ts'
import { sealedObjectBytesMax } from '../formats/sealed-object.ts'
import { createdAtMsOf } from '../formats/session-id.ts'

const dayMs = 86_400_000
/** A proof that was made of another, and so on back to a walk of the whole map: after so long it says nothing any more. */
const walkedAgoMsMax = 30 * dayMs
/** A session lasts no longer. */
const sessionMsMax = 30 * dayMs

/** What is written down about the check of a point, unless it is too old or cannot be understood: then it is as good as none. */
export async function readProof(core: Core, pointId: string, signal?: AbortSignal): Promise<Proof | undefined> {
  const { objects, repositoryId, roles } = core
  const source = await objects.get(proofKey(pointId), sealedObjectBytesMax, signal)
  if (source === undefined) return undefined
  try {
    const proof = decodeProof(source, { repositoryId, pointId }, roles.control)
    const agoMs = nowMs(core) - proof.walkedAtMs
    return agoMs >= 0 && agoMs <= walkedAgoMsMax ? proof : undefined
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    return undefined
  }
}

/** Writes down that a point was checked. Where nothing can be written, the next check has more to do. */
export async function putProof(core: Core, pointId: string, walkedAtMs: number, signal?: AbortSignal): Promise<void> {
  const { objects, repositoryId, roles, random } = core
  if (objects.storage.isPast === true) return
  const proof = { atMs: nowMs(core), walkedAtMs }
  const encoded = encodeProof({ repositoryId, pointId }, proof, { controlKey: roles.control, random })
  try {
    await objects.putNew(proofKey(pointId), encoded, signal) // of two the first counts: it is the older
  } catch (error) {
    signal?.throwIfAborted()
    if (!(error instanceof AppError)) throw error
  }
}

/** Removes all: what they say came from an index that is made anew, and may know less. */
export async function removeProofs(core: Core, signal?: AbortSignal): Promise<void> {
  const keys: string[] = []
  for await (const { key } of core.objects.list(proofsPrefix, signal)) keys.push(key)
  await core.objects.deleteMany(keys, signal)
}

/** Removes those of points that are no more, and those that are too old to say anything. */
export async function removeOldProofs(core: Core, standing: ReadonlySet<string>, signal?: AbortSignal): Promise<void> {
  const old: string[] = []
  for await (const { key } of core.objects.list(proofsPrefix, signal)) {
    const id = proofPointOf(key)
    if (id === undefined) continue
    const agoMs = nowMs(core) - createdAtMsOf(id)
    if (agoMs > sessionMsMax + walkedAgoMsMax || (agoMs > sessionMsMax && !standing.has(id))) old.push(key)
  }
  await core.objects.deleteMany(old, signal)
}
