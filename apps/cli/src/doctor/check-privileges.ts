import { missingPrivileges, type PrivilegeSet, privilegeSets, type Session } from '@vmkeep/vsphere'
import { type Finding, findingsOn } from './finding.ts'

/** What each set of privileges is for, and whether a backup can do without. */
const purposes: readonly (readonly [set: PrivilegeSet, purpose: string, without: 'fail' | 'warn'])[] = [
  ['backup', 'to back up', 'fail'],
  ['nvram', 'to save and restore firmware settings', 'warn'],
  ['restore', 'to restore into vSphere', 'warn'],
]

/** Whether the account's role has every privilege, the missing ones by name. */
export async function checkPrivileges(about: string, session: Session, signal: AbortSignal): Promise<Finding[]> {
  const on = findingsOn(about)
  const findings: Finding[] = []
  for (const [set, purpose, without] of purposes) {
    try {
      const missing = await missingPrivileges(session, session.content.rootFolder, privilegeSets[set], signal)
      if (missing.length === 0) findings.push(on.ok('privileges', `all ${purpose}`))
      else
        findings.push(
          on[without](
            'privileges',
            `missing ${purpose}: ${missing.join(', ')}`,
            `add them to the role of ${session.username}`,
          ),
        )
    } catch (error) {
      signal.throwIfAborted()
      findings.push(on.failed('privileges', error))
    }
  }
  return findings
}
