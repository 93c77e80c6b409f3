import { missingOnObjects, privilegeSets, type Session } from '@vmkeep/vsphere'
import { count } from '../output/human.ts'
import type { Purpose } from './needed-privileges.ts'
import { type Finding, findingsOn } from './finding.ts'
import type { VmFacts } from './inventory-facts.ts'

const namesShownMax = 10

interface Wanted {
  readonly purpose: Extract<Purpose, 'backup' | 'guestScripts' | 'guestOutput'>
  readonly vms: readonly VmFacts[]
}

const meanings = {
  backup: ['privileges on VMs', 'to back up', 'warn'],
  guestScripts: ['scripts in guests', 'to run scripts in guests', 'fail'],
  guestOutput: ['scripts in guests', 'to read what scripts in guests write when they fail', 'warn'],
} as const

/**
 * Whether the role that suffices at the top also reaches every VM: it may not be propagated, or be taken back on a folder. One finding for all
 * VMs that lack the same.
 */
export async function checkObjects(
  about: string,
  { purpose, vms }: Wanted,
  session: Session,
  signal: AbortSignal,
): Promise<Finding[]> {
  if (vms.length === 0) return []
  const on = findingsOn(about)
  const [check, what, without] = meanings[purpose]
  const ids = privilegeSets[purpose].filter((id) => id.startsWith('VirtualMachine.'))
  const refs = vms.map(({ ref }) => ref)
  try {
    const missing = await missingOnObjects(session, refs, ids, signal)
    if (missing.size === 0) return [on.ok(check, `all ${what}, on ${count(vms.length, 'VM')}`)]
    const lacking = vms.filter(({ ref }) => missing.has(ref.value))
    const groups = Map.groupBy(lacking, ({ ref }) => missing.get(ref.value)!.join(', '))
    return [...groups].map(([privileges, each]) =>
      on[without](
        check,
        `missing on ${namesOf(each)}: ${privileges}`,
        `give ${session.username} the role there too, or let it propagate`,
      ),
    )
  } catch (error) {
    signal.throwIfAborted()
    return [on.failed(check, error)]
  }
}

function namesOf(vms: readonly VmFacts[]): string {
  const shown = vms.slice(0, namesShownMax).map(({ name }) => name)
  return vms.length > shown.length ? `${shown.join(', ')} and ${vms.length - shown.length} more` : shown.join(', ')
}
