import type { AnyOf } from '../types/index.ts'
import type { VmConfig } from '../vm/vm-disk.ts'

/** Under this key a VM we made says so. Its value is the marker of the run. */
export const markerKey = 'vmkeep.restore'

// Keys that hold state of the old machine, its host or its files, or that vSphere writes itself. Everything else is a
// setting somebody chose (cloud-init's guestinfo, workarounds from a KB article) and comes back.
// Source: vmx files and configs seen in public reports; reference of peers that copy them all and suffer. Evidence: inferred.
const machineState: readonly RegExp[] = [
  /^(?:scsi|sata|ide|nvme)\d+:\d+\./i, // per disk: ctkEnabled, redo, deviceType
  /ctkEnabled$/i,
  /\.pciSlotNumber$/i, // comes back as the device's slotInfo
  /^migrate\./i,
  /^vmotion\./i,
  /^sched\.(?:swap|scsi|sata|nvme|ide)/i,
  /^(?:swap|checkpoint|replay|snapshot|vmxstats)\./i,
  /^(?:host|guest|user)CPUID\./i,
  /^(?:monitor\.phys_bits_used|evcCompatibilityMode|cleanShutdown|softPowerOff|nvram|svga\.guestBackedPrimaryAware)$/i,
  /^pciBridge\d+\./i,
  /^pciPassthru/i,
  /^numa\.autosize\./i,
  /^(?:uuid|vc|viv|managedVM|virtualHW)\./i,
  /^(?:encryption|vtpm|dataFileKey)/i,
  /^ethernet\d+\.(?:generatedAddress|dvs|filter|address|networkName|pvlan|linkStatePropagation)/i,
  /^(?:vmware\.tools\.|toolsInstallManager\.|guestinfo\.(?:vmtools|appInfo|vmwaretools)|tools\.remindInstall)/i,
  /^vmkeep\./i,
]

/** The options of a saved VM that a new one should have, and the mark that it is ours. */
export function extraConfigOf(config: VmConfig, marker: string): AnyOf<'OptionValue'>[] {
  const kept = (config.extraConfig ?? []).filter(({ key }) => !machineState.some((pattern) => pattern.test(key)))
  return [...kept.map(({ key, value }) => optionOf(key, value)), optionOf(markerKey, marker)]
}

// The server takes strings only, whatever a newer one may have answered.
const optionOf = (key: string, value: unknown): AnyOf<'OptionValue'> => ({
  $type: 'OptionValue',
  key,
  value:
    typeof value === 'number' || typeof value === 'boolean' ? String(value) : typeof value === 'string' ? value : '',
})
