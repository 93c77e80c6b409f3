import { missingOnObjects, privilegeSets, type Session } from '@vmkeep/vsphere'
import { count } from '../output/human.ts'
import type { Purpose } from './needed-privileges.ts'
import { type Finding, findingsOn } from './finding.ts'
import type { VmFacts } from './inventory-facts.ts'

const namesShownMax = 10

/**
 * Whether the role that suffices at the top also reaches every VM: it may not be propagated, or be taken back on a folder. One finding for all
 * VMs that lack the same.
 */
export async function checkObjects(
  about: string,
  vms: readonly VmFacts[],
  wanted: readonly Purpose[],
  session: Session,
  signal: AbortSignal,
): Promise<Finding[]> {
  const on = findingsOn(about)
  const inGuests = wanted.includes('guestScripts') ? privilegeSets.guestScripts : []
  const ids = [...privilegeSets.backup, ...inGuests].filter((id) => id.startsWith('VirtualMachine.'))
  try {
    const missing = await missingOnObjects(
      session,
      vms.map(({ ref }) => ref),
      ids,
      signal,
    )
    if (missing.size === 0) return [on.ok('privileges on VMs', `all to back up, on ${count(vms.length, 'VM')}`)]
    const lacking = vms.filter(({ ref }) => missing.has(ref.value))
    const groups = Map.groupBy(lacking, ({ ref }) => missing.get(ref.value)!.join(', '))
    return [...groups].map(([privileges, each]) =>
      on.warn(
        'privileges on VMs',
        `missing on ${namesOf(each)}: ${privileges}`,
        `give ${session.username} the role there too, or let it propagate`,
      ),
    )
  } catch (error) {
    signal.throwIfAborted()
    return [on.failed('privileges on VMs', error)]
  }
}

function namesOf(vms: readonly VmFacts[]): string {
  const shown = vms.slice(0, namesShownMax).map(({ name }) => name)
  return vms.length > shown.length ? `${shown.join(', ')} and ${vms.length - shown.length} more` : shown.join(', ')
}
