import { mapConcurrent } from '@vmkeep/kit'
import type { Automation } from '../automation/automation.ts'
import type { Session } from '../session/session.ts'
import { tagIds, TagNames } from './tag-names.ts'
import { type TaggedVms, taggedVms } from './tagged-vms.ts'
import type { TagsRead, VmTag } from './vm-tag.ts'

/**
 * The tags of all VMs of a server, read in one short visit to its REST API, however many VMs there are. Whatever keeps them from being read is
 * an answer: only an abort is thrown.
 */
export async function readTags(session: Pick<Session, 'visitAutomation'>, signal?: AbortSignal): Promise<TagsRead> {
  try {
    return { known: await session.visitAutomation(readAllTags, signal) }
  } catch (unknown) {
    signal?.throwIfAborted()
    return { known: new Map(), unknown }
  }
}

const namesAtOnceMax = 8

/** Asks by tag, not by VM: tags are few, and only those that a VM has need a name. */
async function readAllTags(automation: Automation): Promise<ReadonlyMap<string, readonly VmTag[]>> {
  const names = new TagNames(automation)
  const named = mapConcurrent(namesAtOnceMax, async ({ tagId, vms }: TaggedVms) => {
    return { tag: await names.named(tagId), vms }
  })
  const found = new Map<string, VmTag[]>()
  for await (const { tag, vms } of named(taggedVms(automation, await tagIds(automation))))
    for (const vm of vms) {
      const own = found.get(vm)
      if (own === undefined) found.set(vm, [tag])
      else own.push(tag)
    }
  return found
}
