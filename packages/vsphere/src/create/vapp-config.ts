import type { AnyOf } from '../types/index.ts'
import type { VmConfig } from '../vm/vm-disk.ts'

/** What an appliance was deployed with (OVF properties), as additions to a new VM. */
export function vAppConfigOf(config: VmConfig): AnyOf<'VmConfigSpec'> | undefined {
  const saved = config.vAppConfig
  if (saved === undefined) return undefined
  const add = <Info>(infos: readonly Info[] | undefined) =>
    (infos ?? []).map((info) => ({ operation: 'add' as const, info }))
  return {
    $type: 'VmConfigSpec',
    product: add(saved.product),
    property: add(saved.property),
    ipAssignment: saved.ipAssignment,
    eula: saved.eula,
    ovfSection: add(saved.ovfSection),
    ovfEnvironmentTransport: saved.ovfEnvironmentTransport,
    installBootRequired: false, // the guest has booted long ago
    installBootStopDelay: saved.installBootStopDelay,
  }
}
