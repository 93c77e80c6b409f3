import { prepareTransports, type TransportSettings } from '@vmkeep/transport'
import type { Session } from '@vmkeep/vsphere'
import { type Finding, findingsOn } from './finding.ts'

/** Where the configuration asks for hot-add: which VM of this vCenter this machine is, and whether the account may change it. */
export async function checkHotadd(
  about: string,
  session: Session,
  settings: TransportSettings,
  signal: AbortSignal,
): Promise<Finding[]> {
  if (!settings.order.includes('hotadd')) return []
  const { ok, warn, failed } = findingsOn(about)
  try {
    const { proxy } = await prepareTransports(session, settings, signal)
    if (proxy === undefined || 'whyNot' in proxy) {
      const remedy =
        'run vmkeep in a VM of this vCenter and give its role what is missing, or take hotadd out of backup.transports'
      return [warn('hot-add', proxy?.whyNot ?? 'not looked for', remedy)]
    }
    return [ok('hot-add', `this machine is ${proxy.name} on ${proxy.hostName}, and disks may be attached to it`)]
  } catch (error) {
    signal.throwIfAborted()
    return [failed('hot-add', error)]
  }
}
