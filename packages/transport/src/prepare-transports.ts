import type { Session } from '@vmkeep/vsphere'
import { findProxy } from './hotadd/proxy.ts'
import { defaultLunFolder } from './san/find-lun.ts'
import { surveyLuns } from './san/survey-luns.ts'
import type { TransportSettings } from './settings.ts'

/** Finds out, once for a run, what only vSphere or this machine can tell, so that `whyNot` need not ask. */
export async function prepareTransports(
  session: Session,
  settings: TransportSettings,
  signal: AbortSignal,
): Promise<TransportSettings> {
  const { order, lunFolder = defaultLunFolder } = settings
  const proxy =
    order.includes('hotadd') && settings.proxy === undefined
      ? await findProxy(session, settings, signal)
      : settings.proxy
  const luns =
    order.includes('san') && settings.luns === undefined ? await surveyLuns(session, lunFolder, signal) : settings.luns
  return { ...settings, ...(proxy === undefined ? {} : { proxy }), ...(luns === undefined ? {} : { luns }) }
}
