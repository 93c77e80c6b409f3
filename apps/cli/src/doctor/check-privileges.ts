import { missingPrivileges, privilegeSets, type Session } from '@vmkeep/vsphere'
import { type Finding, findingsOn } from './finding.ts'
import type { Purpose } from './needed-privileges.ts'

/** What each set of privileges is for, and whether a backup can do without. */
const meanings: Readonly<Record<Purpose, readonly [purpose: string, without: 'fail' | 'warn']>> = {
  backup: ['to back up', 'fail'],
  nvram: ['to save and restore firmware settings', 'warn'],
  restore: ['to restore into vSphere', 'warn'],
  attach: ['to hang restored disks on other VMs (restore --attach-to)', 'warn'],
  hotAdd: ['to read by hotadd', 'warn'],
  lease: ['to export and import by leases', 'warn'],
  encryption: ['to read encrypted VMs', 'warn'],
  vddk: ['to keep VMs from being moved while VDDK reads them (backup.vddk.holdVm)', 'warn'],
  storagePolicies: ['to keep storage policies and give them back', 'warn'],
  guestScripts: ['to run scripts in guests', 'fail'],
  memory: ['to bring VMs back with their memory', 'warn'],
  guestOutput: ['to read what scripts in guests write when they fail', 'warn'],
}

/** Whether the account's role has every privilege, the missing ones by name. */
export async function checkPrivileges(
  about: string,
  wanted: readonly Purpose[],
  session: Session,
  signal: AbortSignal,
): Promise<Finding[]> {
  const on = findingsOn(about)
  const findings: Finding[] = []
  for (const set of wanted) {
    const [purpose, without] = meanings[set]
    try {
      const missing = await missingPrivileges(session, session.content.rootFolder, privilegeSets[set], signal)
      if (missing.length === 0) findings.push(on.ok('privileges', `all ${purpose}`))
      else
        findings.push(
          on[without](
            'privileges',
            `missing ${purpose}: ${missing.join(', ')}`,
            `add them to the role of ${session.username}, or make a role by "vmkeep doctor --role govc"`,
          ),
        )
    } catch (error) {
      signal.throwIfAborted()
      findings.push(on.failed('privileges', error))
    }
  }
  return findings
}
