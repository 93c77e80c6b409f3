import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cleanUpLeftovers, type CleanUpReport, type OnRunEvent } from '@vmkeep/run'
import { holdEnder, type TransportSettings } from '@vmkeep/transport'
import type { Session } from '@vmkeep/vsphere'
import type { Config, VcenterConfig } from '../config/schema.ts'
import { type LoginContext, openVcenter, trustOf } from '../open-session.ts'
import { count } from '../output/human.ts'
import { checkHotadd } from './check-hotadd.ts'
import { checkHosts } from './check-hosts.ts'
import { checkObjects } from './check-objects.ts'
import { checkPrivileges } from './check-privileges.ts'
import { checkReach } from './check-reach.ts'
import { checkServer } from './check-server.ts'
import { checkVms } from './check-vms.ts'
import { type Finding, type FindingsOn, findingsOn } from './finding.ts'
import { readHostFacts, readVmFacts, type VmFacts } from './inventory-facts.ts'
import type { Purpose } from './needed-privileges.ts'
import { vmsWithScripts } from './vms-with-scripts.ts'

interface Options {
  readonly stateFolder: string
  /** Removes what interrupted runs have left. */
  readonly fix: boolean
  readonly transport: TransportSettings
  readonly onEvent: OnRunEvent
  readonly config: Pick<Config, 'backup' | 'policies'>
  /** What the account must be able to do. */
  readonly purposes: readonly Purpose[]
}

/** Everything about one vCenter or ESXi host, from its name to its VMs. A step that fails ends the rest, which would only repeat it. */
export async function checkVcenter(
  vcenter: VcenterConfig,
  options: Options,
  context: LoginContext,
): Promise<Finding[]> {
  const { world, clock, signal } = context
  const about = `vcenter ${vcenter.name}`
  const { failed } = findingsOn(about)
  const findings: Finding[] = []
  try {
    findings.push(...(await checkReach(vcenter, await trustOf(vcenter, world), clock.nowMs(), signal)))
    if (findings.some(({ state }) => state === 'fail')) return findings
    await using session = await openVcenter(vcenter, context)
    findings.push(...(await checkServer(about, session, clock, signal)))
    if (options.fix) findings.push(await fixLeftovers(about, session, options, signal))
    // Scripts need theirs on the VMs of their policies alone: only who runs them everywhere is asked for them at the top.
    const isEverywhere = options.config.backup.guestScripts !== undefined
    const atTop = options.purposes.filter((purpose) => isEverywhere || !inGuests.includes(purpose))
    findings.push(...(await checkPrivileges(about, atTop, session, signal)))
    findings.push(...(await checkHotadd(about, session, options.transport, signal)))
    const vms = await readVmFacts(session, signal)
    if (findings.every(({ check, state }) => check !== 'privileges' || state === 'ok')) {
      findings.push(...(await checkObjects(about, { purpose: 'backup', vms }, session, signal)))
      findings.push(...(await checkScripts(vcenter.name, vms, { session, options, context })))
    }
    findings.push(...(await checkHosts(about, { hosts: await readHostFacts(session, signal), vms }, session, signal)))
    findings.push(...checkVms(about, vms, await knownInstanceId(options.stateFolder), session.clock.nowMs()))
  } catch (error) {
    signal.throwIfAborted()
    findings.push(failed(findings.some(({ check }) => check === 'sign-in') ? 'inventory' : 'sign-in', error))
  }
  return findings
}

const inGuests: readonly Purpose[] = ['guestScripts', 'guestOutput']

/** Whether scripts can be run in the VMs whose policies have some. */
async function checkScripts(
  server: string,
  vms: readonly VmFacts[],
  given: { readonly session: Session; readonly options: Options; readonly context: LoginContext },
): Promise<Finding[]> {
  const { session, options, context } = given
  const { say, signal } = context
  const about = `vcenter ${server}`
  const findings: Finding[] = []
  try {
    const refs = await vmsWithScripts(options.config, { server, session, say, signal })
    const own = refs === 'all' ? vms : vms.filter(({ ref }) => refs.has(ref.value))
    for (const purpose of ['guestScripts', 'guestOutput'] as const)
      if (options.purposes.includes(purpose))
        findings.push(...(await checkObjects(about, { purpose, vms: own }, session, signal)))
  } catch (error) {
    signal.throwIfAborted()
    findings.push(findingsOn(about).failed('scripts in guests', error))
  }
  return findings
}

async function fixLeftovers(
  about: string,
  session: Session,
  { stateFolder, onEvent, transport }: Options,
  signal: AbortSignal,
): Promise<Finding> {
  const request = { session, stateFolder, onEvent, signal, endHold: holdEnder(transport.vddk) }
  return tellLeftovers(findingsOn(about), await cleanUpLeftovers(request))
}

/** Exported for its test. */
export function tellLeftovers({ ok, fail }: FindingsOn, { removed, gone, kept }: CleanUpReport): Finding {
  if (kept.length > 0)
    return fail(
      'leftovers',
      `${count(kept.length, 'thing')} of interrupted runs left: ${kept.map(({ why }) => why).join('. ')}`,
      'do what is said there for each; vmkeep tries again at its next start',
    )
  const already = gone.length === 0 ? '' : `, ${gone.length} gone already`
  return ok('leftovers', `${count(removed.length, 'thing')} of interrupted runs removed${already}`)
}

/** Read, not made: looking must not leave anything behind. */
async function knownInstanceId(stateFolder: string): Promise<string | undefined> {
  return readFile(join(stateFolder, 'instance-id'), 'utf8').then(
    (text) => text.trim(),
    () => undefined,
  )
}
