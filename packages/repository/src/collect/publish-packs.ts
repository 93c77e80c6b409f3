import type { Core } from '../core.ts'
import {
  type CondemnedPacks,
  condemnedBytesMax,
  decodeCondemnedPacks,
  encodeCondemnedPacks,
} from '../formats/condemned-packs.ts'
import { condemnedFinalKey, condemnedListKey } from '../formats/object-names.ts'
import { createOnce } from '../storage/create-once.ts'

/** Publishes a list or a final, or finds what somebody else published under its number; either way it is known from now on. */
export async function publishPacks(core: Core, packs: CondemnedPacks): Promise<'ours' | 'other'> {
  const { repositoryId, roles, random, condemned } = core
  const { part, number } = packs
  const bytes = encodeCondemnedPacks(repositoryId, packs, { controlKey: roles.control, random })
  const key = part === 'list' ? condemnedListKey(number) : condemnedFinalKey(number)
  const outcome = await createOnce(core, key, bytes, condemnedBytesMax, { fromReserve: true })
  if (outcome.kind === 'failed') throw outcome.error as Error
  if (outcome.kind === 'ours') condemned.learn(packs)
  else condemned.learn(decodeCondemnedPacks(outcome.bytes, { repositoryId, part, number }, roles.control))
  return outcome.kind
}
