import { messageOf } from '@vmkeep/kit'
import { type Expression, speaksOf } from '@vmkeep/selection'
import { readSelectableVms, type SelectableVm, type Session, type TagsRead } from '@vmkeep/vsphere'
import { fail } from '../errors.ts'
import type { Messages } from '../output/messages.ts'

interface Asked {
  /** What the config calls the server of the session. */
  readonly server: string
  readonly session: Session
  readonly say: Messages
  readonly signal: AbortSignal
}

/** A VM with all that selectors ask for. */
export type VmToChoose = SelectableVm & { readonly vcenter: string }

/**
 * Every VM with what selectors ask for, by path. Tags that could not be read end it where a selector asks for them: a VM that is tagged would
 * silently be left out. Where none asks it is only told, since VMs may exclude themselves by a tag.
 *
 * @throws `cli.tags-unknown`
 */
export async function readSelectable(
  { server, session, say, signal }: Asked,
  asking: readonly Expression[],
): Promise<{ readonly vms: readonly VmToChoose[]; readonly tags: TagsRead }> {
  const { vms, tags } = await readSelectableVms(session, signal)
  if (tags.unknown !== undefined) {
    const why = messageOf(tags.unknown)
    if (asking.some((expression) => speaksOf(expression, 'tag'))) throw fail('cli.tags-unknown', { why }, tags.unknown)
    if (session.isVCenter) say.warn(`tags could not be read, so no VM is left out by a tag of its own: ${why}`)
  }
  const named = vms.map((vm) => ({ ...vm, vcenter: server }))
  return { vms: named.toSorted((a, b) => a.path.localeCompare(b.path)), tags }
}
