import { forEachConcurrent } from '@vmkeep/kit'
import { openNfcTicket, readVm, type Session } from '@vmkeep/vsphere'
import { portAnswers } from './check-reach.ts'
import { type Finding, findingsOn } from './finding.ts'
import type { HostFacts, VmFacts } from './inventory-facts.ts'

const hostsAtOnce = 8
/** ESXi's NFC port, where no ticket tells another. Source: vadp.md §5.1. Evidence: documented. */
const nfcPort = 902

/** Whether every connected host's NFC port can be reached: what disks are read through, and what firewalls forget. */
export async function checkHosts(
  about: string,
  { hosts, vms }: { readonly hosts: readonly HostFacts[]; readonly vms: readonly VmFacts[] },
  session: Session,
  signal: AbortSignal,
): Promise<Finding[]> {
  const { warn } = findingsOn(about)
  const findings: Finding[] = []
  await forEachConcurrent(hosts, hostsAtOnce, async (host) => {
    if (!host.isConnected)
      findings.push(
        warn('NFC port', `${host.name} is not connected to its vCenter`, 'connect it; its VMs cannot be backed up'),
      )
    else findings.push(await checkHost(about, host, vms, session, signal))
  })
  return findings.toSorted((a, b) => a.found.localeCompare(b.found))
}

async function checkHost(
  about: string,
  host: HostFacts,
  vms: readonly VmFacts[],
  session: Session,
  signal: AbortSignal,
): Promise<Finding> {
  const { ok, warn, fail, failed } = findingsOn(about)
  try {
    const { address, port, isCertain } = await nfcAddress(host, vms, session, signal)
    const found = `${host.name}: ${address}:${port}`
    const why = await portAnswers(address, port)
    if (why === undefined) return ok('NFC port', `${found} answers`)
    const remedy = `open TCP ${port} from this machine to ${address} in the firewall, and check that its name resolves here`
    // A host without a VM to ask about has nothing to back up either.
    return isCertain
      ? fail('NFC port', `${found}: ${why}`, remedy)
      : warn('NFC port', `${found} (no VM there): ${why}`, remedy)
  } catch (error) {
    signal.throwIfAborted()
    return failed(
      `NFC port`,
      error,
      `no ticket for a disk on ${host.name}; give the role "Allow read-only disk access" (VirtualMachine.Provisioning.DiskRandomRead)`,
    )
  }
}

/** The address a backup would use: from a ticket for a disk of a VM on that host. Without any VM there, what is usual. */
async function nfcAddress(
  host: HostFacts,
  vms: readonly VmFacts[],
  session: Session,
  signal: AbortSignal,
): Promise<{ address: string; port: number; isCertain: boolean }> {
  for (const vm of vms.filter((each) => each.host === host.ref.value && !each.isTemplate).slice(0, 3)) {
    const { disks } = await readVm(session, vm.ref, signal)
    if (disks[0] === undefined) continue
    const ticket = await openNfcTicket(session, { vm: vm.ref, deviceKey: disks[0].key, access: 'read' }, signal)
    return { address: ticket.host, port: ticket.port, isCertain: true }
  }
  return { address: session.isVCenter ? host.name : session.host, port: nfcPort, isCertain: false }
}
