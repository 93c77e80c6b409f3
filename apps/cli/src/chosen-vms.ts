import type { Session, VmSummary } from '@vmkeep/vsphere'
import { count } from './output/human.ts'
import type { Messages } from './output/messages.ts'
import { type Selection, selectVms } from './select-vms.ts'

/** The VMs a `plan` or `backup` works on. What was excluded is told, not dropped in silence. */
export async function chosenVms(
  selection: Selection,
  { session, say, signal }: { readonly session: Session; readonly say: Messages; readonly signal: AbortSignal },
): Promise<readonly VmSummary[]> {
  const { vms, excluded } = await selectVms(session, selection, signal)
  const names = excluded.map(({ name }) => name).join(', ')
  if (excluded.length > 0) say.info(`${count(excluded.length, 'VM')} left out as excluded: ${names}`)
  return vms
}
