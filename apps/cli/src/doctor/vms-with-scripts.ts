import { protectionOf } from '@vmkeep/selection'
import type { Session } from '@vmkeep/vsphere'
import type { Config } from '../config/schema.ts'
import type { Messages } from '../output/messages.ts'
import { askingOf, selectionsOf } from '../selection/policies.ts'
import { readSelectable } from '../selection/selectable.ts'

interface Asked {
  readonly server: string
  readonly session: Session
  readonly say: Messages
  readonly signal: AbortSignal
}

/**
 * In which VMs of a server this config has scripts run, by their references: those of the policies that have scripts, or every one where
 * `backup` has them.
 *
 * @throws `cli.policy-selector`, `cli.tags-unknown`
 */
export async function vmsWithScripts(
  config: Pick<Config, 'backup' | 'policies'>,
  asked: Asked,
): Promise<'all' | ReadonlySet<string>> {
  if (config.backup.guestScripts !== undefined) return 'all'
  const withScripts = new Set(config.policies.flatMap(({ name, guestScripts }) => (guestScripts ? [name] : [])))
  if (withScripts.size === 0) return new Set()
  const policies = selectionsOf(config)
  const { vms } = await readSelectable(asked, askingOf(policies, asked.server))
  return new Set(
    vms.flatMap((vm) => {
      const protection = protectionOf(vm, policies)
      return protection.state === 'protected' && withScripts.has(protection.policy) ? [vm.summary.ref.value] : []
    }),
  )
}
