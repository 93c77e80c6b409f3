import { judge, parseSelector, protectionOf } from '@vmkeep/selection'
import { matchesSelector, type Session, type TagsRead, type VmSummary } from '@vmkeep/vsphere'
import type { Config } from '../config/schema.ts'
import { count } from '../output/human.ts'
import type { Messages } from '../output/messages.ts'
import { askingOf, selectionsOf } from './policies.ts'
import { selectVms } from './select-vms.ts'
import { readSelectable, type VmToChoose } from './selectable.ts'

/** How a command line says which VMs it means: one of these. */
export interface Choosing {
  /** Names, globs, inventory paths, uuids or references. */
  readonly vm: readonly string[]
  readonly all: boolean
  readonly selector: string | undefined
  readonly policy: string | undefined
  /** Names and globs left out, whatever was chosen. */
  readonly exclude: readonly string[]
}

export interface Chosen {
  readonly vms: readonly VmSummary[]
  /** Disks that VMs ask to leave out by tags or attributes of their own, by the VM's reference. */
  readonly excludeDisksOfVm: Readonly<Record<string, readonly string[]>>
  /** The tags of all VMs, where it took them to choose. */
  readonly tags?: TagsRead
}

export interface Surroundings {
  /** What the config calls the server of the session. */
  readonly server: string
  readonly session: Session
  readonly config: Config
  readonly say: Messages
  readonly signal: AbortSignal
}

/**
 * The VMs a `plan` or `backup` works on. What was excluded is told, not dropped in silence. Who names a VM gets it, even if it excludes itself.
 *
 * @throws `cli.no-policy`, `cli.policy-selector`, `cli.tags-unknown`, `selection.*`, what `selectVms` throws
 */
export async function chosenVms(choosing: Choosing, around: Surroundings): Promise<Chosen> {
  const { vm, exclude } = choosing
  if (vm.length === 0) return chosenByRule(choosing, around)
  const { vms, excluded } = await selectVms(around.session, { include: vm, exclude }, around.signal)
  tellExcluded(
    around.say,
    excluded.map(({ name }) => ({ name, because: 'excluded by name' })),
  )
  return { vms, excludeDisksOfVm: {} }
}

interface Left {
  readonly name: string
  readonly because: string
}

async function chosenByRule(choosing: Choosing, around: Surroundings): Promise<Chosen> {
  const { exclude } = choosing
  const policies = ruleOf(choosing, around.config)
  const { vms: all, tags } = await readSelectable(around, askingOf(policies, around.server))
  const vms: VmSummary[] = []
  const excluded: Left[] = []
  const disks: Record<string, readonly string[]> = {}
  for (const facts of all) {
    const { summary, name } = facts
    const protection = protectionOf(facts, policies)
    if (protection.state === 'protected' && protection.policy !== wantedOf(choosing)) continue
    if (protection.state === 'unselected') continue
    const byName = exclude.some((selector) => matchesSelector(selector, summary))
    if (protection.state === 'excluded') {
      if (isMeant(facts, choosing, policies)) excluded.push({ name, because: protection.because })
    } else if (byName) excluded.push({ name, because: 'excluded by name' })
    else {
      vms.push(summary)
      if (protection.excludeDisks.length > 0) disks[summary.ref.value] = protection.excludeDisks
    }
  }
  tellExcluded(around.say, excluded)
  return { vms, excludeDisksOfVm: disks, tags }
}

const everything = '(all)'
const wantedOf = ({ policy }: Choosing): string => policy ?? everything

/** A selector or `--all` is a policy of its own for this once; a policy of the config stands among the others, which may come first. */
function ruleOf({ policy, selector }: Choosing, config: Config) {
  if (policy !== undefined) return selectionsOf(config)
  return [{ name: everything, select: parseSelector(selector ?? 'name=*') }]
}

/** Whether a VM that excludes itself would have been in otherwise: only then somebody misses it. */
function isMeant(facts: VmToChoose, choosing: Choosing, policies: ReturnType<typeof ruleOf>): boolean {
  const own = policies.find(({ name }) => name === wantedOf(choosing))
  return own !== undefined && judge(own.select, facts).matches
}

function tellExcluded(say: Messages, excluded: readonly Left[]): void {
  if (excluded.length === 0) return
  const names = excluded.map(({ name, because }) => `${name} (${because})`).join(', ')
  say.info(`${count(excluded.length, 'VM')} left out: ${names}`)
}
