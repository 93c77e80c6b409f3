import { FormatError } from '@vmkeep/kit'
import { type Core, nowMs, writerName } from './core.ts'
import { validationIdOf, validationKey, validationsPrefix } from './formats/object-names.ts'
import { sealedObjectBytesMax } from './formats/sealed-object.ts'
import { newSessionId } from './formats/session-id.ts'
import { decodeValidation, encodeValidation } from './formats/validation.ts'
import type { StorageCheck, StorageValidation } from './storage/validate-storage.ts'

/** Keeps what a try of the storage found, in place of what earlier ones found. */
export async function recordValidation(
  core: Core,
  checks: readonly StorageCheck[],
  signal?: AbortSignal,
): Promise<StorageValidation> {
  const { objects, repositoryId, roles, random } = core
  const earlier = await validationIds(core, signal)
  const id = newSessionId(core.clock.nowMs(), random.bytes(2), random)
  const validation = { at: new Date(nowMs(core)).toISOString(), writer: writerName, checks }
  const bytes = encodeValidation({ repositoryId, id }, validation, { controlKey: roles.control, random })
  await objects.putUnique(validationKey(id), bytes, signal)
  await objects.deleteMany(earlier.filter((each) => each < id).map(validationKey), signal)
  return validation
}

/** What the newest try of the storage found; `undefined` if there was none, or what is left of it makes no sense. */
export async function lastValidation(core: Core, signal?: AbortSignal): Promise<StorageValidation | undefined> {
  const { objects, repositoryId, roles } = core
  for (const id of (await validationIds(core, signal)).toReversed()) {
    const source = await objects.get(validationKey(id), sealedObjectBytesMax, signal)
    try {
      if (source !== undefined) return decodeValidation(source, { repositoryId, id }, roles.control)
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
    }
  }
  return undefined
}

async function validationIds({ objects }: Core, signal: AbortSignal | undefined): Promise<string[]> {
  const ids: string[] = []
  for await (const { key } of objects.list(validationsPrefix, signal)) {
    const id = validationIdOf(key)
    if (id !== undefined) ids.push(id)
  }
  return ids
}
