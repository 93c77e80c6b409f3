import { count } from '../output/human.ts'
import { type Finding, findingsOn } from './finding.ts'
import type { VmFacts } from './inventory-facts.ts'

const namesMax = 10

/** Change tracking and snapshots of every VM. `instanceId` is this installation's, if it has one yet. */
export function checkVms(
  about: string,
  all: readonly VmFacts[],
  instanceId: string | undefined,
  nowMs: number,
): Finding[] {
  const vms = all.filter(({ isTemplate }) => !isTemplate)
  return [...checkTracking(about, vms), ...checkSnapshots(about, vms, instanceId), ...checkAges(about, vms, nowMs)]
}

const oldDays = 7
const dayMs = 86_400_000

/** Snapshots of others that were forgotten: vmkeep never touches them, but backups suffer from them. */
function checkAges(about: string, vms: readonly VmFacts[], nowMs: number): Finding[] {
  const daysOf = ({ oldestMs = nowMs }: VmFacts) => Math.floor((nowMs - oldestMs) / dayMs)
  const old = vms.filter((vm) => daysOf(vm) >= oldDays).toSorted((a, b) => daysOf(b) - daysOf(a))
  if (old.length === 0) return []
  const found = `older than ${oldDays} days on ${names(old)}; the oldest is ${daysOf(old[0]!)} days old`
  const remedy =
    'remove them in vSphere if nobody needs them: they grow and slow their VMs down; vmkeep leaves them alone'
  return [findingsOn(about).warn('old snapshots', found, remedy)]
}

function checkTracking(about: string, vms: readonly VmFacts[]): Finding[] {
  const { ok, warn } = findingsOn(about)
  const check = 'change tracking'
  if (vms.length === 0) return [warn('VMs', 'this account sees none', 'give its role the right to read the VMs')]
  const on = vms.filter(({ tracking }) => tracking === 'on')
  const unsupported = vms.filter(({ tracking }) => tracking === 'unsupported')
  const blocked = vms.filter(({ tracking, snapshots }) => tracking === 'off' && snapshots > 0)
  const off = vms.length - on.length - unsupported.length - blocked.length
  const found = `on for ${on.length} of ${count(vms.length, 'VM')}`
  return [
    ok(check, off === 0 ? found : `${found}; a backup switches it on for ${off} more`),
    ...(blocked.length === 0
      ? []
      : [
          warn(
            check,
            `off and blocked by snapshots on ${names(blocked)}`,
            'remove their snapshots; until then every backup reads them whole',
          ),
        ]),
    ...(unsupported.length === 0
      ? []
      : [
          warn(
            check,
            `not supported by ${names(unsupported)}`,
            'upgrade their virtual hardware; until then every backup reads them whole',
          ),
        ]),
  ]
}

function checkSnapshots(about: string, vms: readonly VmFacts[], instanceId: string | undefined): Finding[] {
  const { ok, warn } = findingsOn(about)
  const check = 'our snapshots'
  const mine = vms.filter(({ ours }) => ours.some((marker) => marker.instanceId === instanceId))
  const others = vms.filter(({ ours }) => ours.some((marker) => marker.instanceId !== instanceId))
  if (mine.length + others.length === 0) return [ok(check, 'none')]
  return [
    ...(mine.length === 0
      ? []
      : [
          warn(
            check,
            `on ${names(mine)}`,
            'if no backup runs now, "vmkeep doctor --fix" removes what an interrupted run has left',
          ),
        ]),
    ...(others.length === 0
      ? []
      : [
          warn(
            check,
            `of another vmkeep installation on ${names(others)}`,
            'only that installation can tell whether it needs them; look there',
          ),
        ]),
  ]
}

function names(vms: readonly VmFacts[]): string {
  const shown = vms.slice(0, namesMax).map(({ name }) => name)
  return shown.join(', ') + (vms.length > namesMax ? ` and ${vms.length - namesMax} more` : '')
}
