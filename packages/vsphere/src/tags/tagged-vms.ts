import type { Automation } from '../automation/automation.ts'
import { bad, listOf } from './tag-names.ts'

export interface TaggedVms {
  readonly tagId: string
  /** References of the VMs that have it: one at least. */
  readonly vms: readonly string[]
}

/**
 * How many tags one question names: the server likes to be asked in bulk, and an answer has some 50 bytes for each object with one of them.
 *
 * Source: "vSphere 7.0 U1 Tagging Best Practices": no more than 2,000 in a call. Evidence: documented.
 */
const tagsMax = 200

/** Which VMs have each of these tags. */
export async function* taggedVms(automation: Automation, tagIds: readonly string[]): AsyncIterable<TaggedVms> {
  // Without tags there is no question: one that names none is understood as all of them by some. Source: Icinga's module for vSphere.
  // Evidence: observed by its authors.
  for (let at = 0; at < tagIds.length; at += tagsMax) yield* await ask(automation, tagIds.slice(at, at + tagsMax))
}

async function ask(automation: Automation, tagIds: readonly string[]): Promise<TaggedVms[]> {
  const path = '/cis/tagging/tag-association'
  const request = { method: 'POST', path, action: 'list-attached-objects-on-tags', body: { tag_ids: tagIds } } as const
  return listOf(automation, path, await automation.call(request)).flatMap((entry) => {
    const { tag_id: tagId, object_ids: objects } = entry as { tag_id?: unknown; object_ids?: unknown }
    if (typeof tagId !== 'string') throw bad(automation, path, 'an entry without its tag')
    // A tag that nothing has comes without a list. Source: vcsim. Evidence: observed.
    const vms = listOf(automation, path, objects ?? []).flatMap(vmOf)
    return vms.length === 0 ? [] : [{ tagId, vms }]
  })
}

function vmOf(object: unknown): string[] {
  const { id, type } = object as { readonly id?: unknown; readonly type?: unknown }
  return type === 'VirtualMachine' && typeof id === 'string' ? [id] : []
}
