import { messageOf } from '@vmkeep/kit'
import type { Session } from '../session/session.ts'
import type { ManagedObjectReference } from '../types/index.ts'
import { TagNames, tagIds, type VmTag } from './read-tags.ts'

export interface TagFailure {
  readonly tag: VmTag
  readonly why: string
}

/**
 * Attaches tags to an object by their names, and tells which it could not: numbers mean nothing on another vCenter. Nothing is made anew.
 *
 * Source: vSphere Automation API, TagAssociation.attach: done already is no error. Evidence: documented.
 *
 * @throws `vsphere.automation-missing` (an ESXi host has no tags), `vsphere.automation-refused`
 */
export async function attachTags(
  session: Pick<Session, 'automation' | 'host'>,
  object: ManagedObjectReference,
  wanted: readonly VmTag[],
  signal?: AbortSignal,
): Promise<TagFailure[]> {
  const failures: TagFailure[] = []
  const ids = await findIds(session, wanted, signal)
  for (const tag of wanted) {
    const id = ids.get(keyOf(tag))
    const why = id === undefined ? 'there is no such tag' : await attach(session, object, id, signal)
    if (why !== undefined) failures.push({ tag, why })
  }
  return failures
}

/** There is no question for a tag by its name: all are looked at, until those that are wanted are found. */
async function findIds(
  session: Pick<Session, 'automation' | 'host'>,
  wanted: readonly VmTag[],
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, string>> {
  const names = new TagNames(session, signal)
  const missing = new Set(wanted.map(keyOf))
  const found = new Map<string, string>()
  for (const id of await tagIds(session, signal)) {
    if (missing.size === 0) break
    const key = keyOf(await names.named(id))
    if (missing.delete(key)) found.set(key, id)
  }
  return found
}

async function attach(
  session: Pick<Session, 'automation'>,
  { type, value }: ManagedObjectReference,
  id: string,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  try {
    const body = { object_id: { id: value, type } }
    const path = '/cis/tagging/tag-association'
    await session.automation({ method: 'POST', path, id, action: 'attach', body }, signal)
    return undefined
  } catch (error) {
    signal?.throwIfAborted()
    return messageOf(error)
  }
}

const keyOf = ({ category, name }: VmTag): string => JSON.stringify([category, name])
