import type { Clock } from '@vmkeep/kit'
import { readProperties, type Session } from '@vmkeep/vsphere'
import { length } from '../output/human.ts'
import { type Finding, findingsOn } from './finding.ts'

const clockSkewMsMax = 60_000

/** What a server says about itself once we are signed in: version, licence, clock. */
export async function checkServer(
  about: string,
  session: Session,
  clock: Clock,
  signal: AbortSignal,
): Promise<Finding[]> {
  const { ok } = findingsOn(about)
  const { fullName } = session.about
  return [
    ok('sign-in', `as ${session.username}`),
    ok('version', `${fullName}, API ${session.apiVersion}`),
    ...(await checkLicence(about, session, signal)),
    await checkClock(about, session, clock, signal),
  ]
}

/**
 * The free ESXi licence makes the API read-only: no snapshot can be taken.
 * Source: vSphere Web Services API, LicenseManager.licensedEdition; "esxBasic" is the free hypervisor. Evidence: inferred.
 */
async function checkLicence(about: string, session: Session, signal: AbortSignal): Promise<Finding[]> {
  const { ok, fail } = findingsOn(about)
  const manager = session.content.licenseManager
  if (manager === undefined || session.isVCenter) return []
  try {
    const { licensedEdition: edition } = await readProperties(
      session,
      { type: 'LicenseManager', ref: manager, paths: ['licensedEdition'] },
      signal,
    )
    const remedy =
      'a licence that includes the vSphere APIs is needed; vmkeep can read its inventory, but not back it up'
    if (edition === 'esxBasic') return [fail('licence', 'the free ESXi licence: its API is read-only', remedy)]
    return edition === undefined ? [] : [ok('licence', edition)]
  } catch {
    signal.throwIfAborted()
    return [] // only a hint: not every account may read licences
  }
}

/** Half the round trip is taken off: that is about when the server read its clock. */
async function checkClock(about: string, session: Session, clock: Clock, signal: AbortSignal): Promise<Finding> {
  const { ok, warn, failed } = findingsOn(about)
  try {
    const before = clock.nowMs()
    const server = Date.parse(
      await session.call('CurrentTime', { _this: { type: 'ServiceInstance', value: 'ServiceInstance' } }, { signal }),
    )
    const skewMs = server - (before + clock.nowMs()) / 2
    const found =
      Math.abs(skewMs) < 1000
        ? 'the same as here'
        : `${length(Math.abs(skewMs))} ${skewMs > 0 ? 'ahead of' : 'behind'} this machine`
    return Math.abs(skewMs) <= clockSkewMsMax
      ? ok('clock', found)
      : warn('clock', found, 'synchronise both with NTP: logs and certificates depend on it')
  } catch (error) {
    signal.throwIfAborted()
    return failed('clock', error)
  }
}
