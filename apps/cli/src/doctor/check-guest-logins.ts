import { guestLogin, type LoginSources } from '../guest-login.ts'
import type { Config } from '../config/schema.ts'
import { type Finding, findingsOn } from './finding.ts'

/** Whether the passwords can be had with which scripts are run in guests. No guest is asked: a wrong one would count there. */
export async function checkGuestLogins(
  { backup, policies }: Pick<Config, 'backup' | 'policies'>,
  sources: LoginSources,
): Promise<Finding[]> {
  const on = findingsOn('scripts in guests')
  const places = [{ name: 'backup', guestScripts: backup.guestScripts }, ...policies]
  const findings: Finding[] = []
  for (const { name, guestScripts } of places) {
    if (guestScripts === undefined) continue
    const check = `account of ${name}`
    try {
      const { username } = await guestLogin(guestScripts, sources)()
      findings.push(on.ok(check, `${username}, and there is a password; no guest was asked`))
    } catch (error) {
      sources.signal.throwIfAborted()
      findings.push(on.failed(check, error))
    }
  }
  return findings
}
