import { fail } from '../errors.ts'
import type { Session } from '../session/session.ts'
import type { DataObject } from '../types/index.ts'

/** A file of a lease: where it is, and which device it belongs to. */
export interface LeaseFile {
  /** `/vm-4681/ParaVirtualSCSIController0:0`, as the manifest names it. */
  readonly key: string
  /** `scsi0:0`: the slot of its device, where the key tells. */
  readonly slot: string | undefined
  readonly isDisk: boolean
  /** `undefined`: the server we are logged in to. */
  readonly host: string | undefined
  readonly port: number
  readonly path: string
  /** SHA-1 of the host's certificate; empty where the server is our own. */
  readonly thumbprint: string
}

/** @throws `vsphere.bad-answer` for a URL that is none, or not HTTPS */
export function leaseFileOf(url: DataObject<'HttpNfcLeaseDeviceUrl'>, session: Pick<Session, 'host'>): LeaseFile {
  // An ESXi host leaves its own name out. Source: pyvmomi-community-samples issue 417. Evidence: observed.
  const isOwn = url.url.startsWith('https://*')
  const text = isOwn ? url.url.replace('https://*', 'https://own.invalid') : url.url
  const parsed = URL.canParse(text) ? new URL(text) : undefined
  if (parsed?.protocol !== 'https:') {
    const reason = `the URL ${JSON.stringify(url.url.slice(0, 200))}`
    throw fail('vsphere.bad-answer', { host: session.host, what: 'a lease', reason })
  }
  return {
    key: url.key,
    slot: slotOf(url.key),
    isDisk: url.disk ?? true,
    host: isOwn ? undefined : parsed.hostname,
    port: parsed.port === '' ? 443 : Number(parsed.port),
    path: `${parsed.pathname}${parsed.search}`,
    thumbprint: url.sslThumbprint,
  }
}

const buses: readonly (readonly [RegExp, string])[] = [
  [/IDE/i, 'ide'],
  [/SATA|AHCI/i, 'sata'],
  [/NVME/i, 'nvme'],
  [/SCSI|LsiLogic|BusLogic/i, 'scsi'],
]

/**
 * `/vm-10649/VirtualLsiLogicController0:0` → `scsi0:0`.
 *
 * Source: `DeviceUrl`s quoted in pyvmomi-community-samples issues 392 and 417. Evidence: observed for SCSI and IDE controllers; for SATA
 * and NVMe inferred from their types' names.
 */
function slotOf(key: string): string | undefined {
  const [, type = '', place] = /([A-Za-z]+)(\d+:\d+)$/.exec(key) ?? []
  const bus = buses.find(([pattern]) => pattern.test(type))?.[1]
  return bus === undefined || place === undefined ? undefined : `${bus}${place}`
}
