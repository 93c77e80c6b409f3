import { messageOf } from '@vmkeep/kit'
import type { Automation } from '../automation/automation.ts'
import type { Session } from '../session/session.ts'
import type { ManagedObjectReference } from '../types/index.ts'
import { TagNames, tagIds } from './tag-names.ts'
import type { VmTag } from './vm-tag.ts'

export interface TagFailure {
  readonly tag: VmTag
  readonly why: string
}

/**
 * Attaches tags to an object by their names, in one visit to the REST API, and tells which it could not: numbers mean nothing on another
 * vCenter. Nothing is made anew.
 *
 * Source: vSphere Automation API, TagAssociation.attach: done already is no error. Evidence: documented.
 *
 * @throws `vsphere.automation-missing` (an ESXi host has no tags), `vsphere.automation-login-refused`, `vsphere.automation-refused`
 */
export async function attachTags(
  session: Pick<Session, 'visitAutomation'>,
  object: ManagedObjectReference,
  wanted: readonly VmTag[],
  signal?: AbortSignal,
): Promise<TagFailure[]> {
  return await session.visitAutomation(async (automation) => {
    const failures: TagFailure[] = []
    const ids = await findIds(automation, wanted)
    for (const tag of wanted) {
      const id = ids.get(keyOf(tag))
      const why = id === undefined ? 'there is no such tag' : await attach(automation, object, id, signal)
      if (why !== undefined) failures.push({ tag, why })
    }
    return failures
  }, signal)
}

/** There is no question for a tag by its name: all are looked at, until those that are wanted are found. */
async function findIds(automation: Automation, wanted: readonly VmTag[]): Promise<ReadonlyMap<string, string>> {
  const names = new TagNames(automation)
  const missing = new Set(wanted.map(keyOf))
  const found = new Map<string, string>()
  for (const id of await tagIds(automation)) {
    if (missing.size === 0) break
    const key = keyOf(await names.named(id))
    if (missing.delete(key)) found.set(key, id)
  }
  return found
}

async function attach(
  automation: Automation,
  { type, value }: ManagedObjectReference,
  id: string,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  try {
    const body = { object_id: { id: value, type } }
    const path = '/cis/tagging/tag-association'
    await automation.call({ method: 'POST', path, id, action: 'attach', body })
    return undefined
  } catch (error) {
    signal?.throwIfAborted()
    return messageOf(error)
  }
}

const keyOf = ({ category, name }: VmTag): string => JSON.stringify([category, name])
