import { datastoreOf } from '../datastore-of.ts'
import { isEncrypted } from '../is-encrypted.ts'
import type { DiskPlace } from '../transport.ts'
import type { TransportSettings } from '../settings.ts'
import type { Proxy } from './proxy.ts'

type Rule = (disk: DiskPlace, proxy: Proxy) => string | undefined

/** Source: vSphere documentation: larger virtual disks came with 5.5 and its hardware version 10. Evidence: documented; that it binds the proxy: inferred. */
const smallDiskBytes = 2 * 1024 ** 4 - 512
const hardwareForLargeDisks = 10

const rules: readonly Rule[] = [
  ({ vm }, proxy) => (vm?.value === proxy.vm.value ? 'it is a disk of the machine that vmkeep runs on' : undefined),
  // Source: VADP programming guide, HotAdd: SCSI disks only. Evidence: documented.
  ({ address }) =>
    address === undefined || address.startsWith('scsi')
      ? undefined
      : `it hangs on ${address}, and only SCSI disks are hot-added`,
  (disk, proxy) =>
    isEncrypted(disk) && !proxy.encrypted
      ? `it is encrypted, and ${proxy.name}, which vmkeep runs on, is not`
      : undefined,
  (disk, proxy) => {
    const datastore = datastoreOf(disk)
    if (datastore === undefined || proxy.datastores.has(datastore.value)) return undefined
    return `${proxy.hostName}, the host of ${proxy.name}, does not see its datastore`
  },
  // Source: KB 306343. Evidence: documented.
  (disk, { name, foreignVsan }) =>
    foreignVsan.has(datastoreOf(disk)?.value ?? '')
      ? `it lies on vSAN, and ${name}, which vmkeep runs on, does not`
      : undefined,
  ({ capacityBytes }, { name, hardwareVersion }) =>
    capacityBytes > smallDiskBytes && hardwareVersion < hardwareForLargeDisks
      ? `it is larger than 2 TiB, and ${name} has hardware version ${hardwareVersion}`
      : undefined,
]

/** Why a disk can't be attached to the machine we run on, as far as can be told without trying. Pure. */
export function whyNotHotadd(disk: DiskPlace, { proxy }: TransportSettings): string | undefined {
  if (proxy === undefined) return 'nobody has looked which VM this machine is'
  if ('whyNot' in proxy) return proxy.whyNot
  for (const rule of rules) {
    const reason = rule(disk, proxy)
    if (reason !== undefined) return reason
  }
  return undefined
}
