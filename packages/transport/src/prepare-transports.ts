import type { Session } from '@vmkeep/vsphere'
import { findProxy } from './hotadd/proxy.ts'
import type { TransportSettings } from './settings.ts'

/** Finds out, once for a run, what only vSphere or this machine can tell, so that `whyNot` need not ask. */
export async function prepareTransports(
  session: Session,
  settings: TransportSettings,
  signal: AbortSignal,
): Promise<TransportSettings> {
  if (!settings.order.includes('hotadd') || settings.proxy !== undefined) return settings
  return { ...settings, proxy: await findProxy(session, settings, signal) }
}
