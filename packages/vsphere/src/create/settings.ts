import type { VmConfig } from '../vm/vm-disk.ts'
import { knows } from './api-version.ts'
import type { ConfigSpec, CreateOptions, Warn } from './create-options.ts'
import { pick } from './pick.ts'

/** When a setting came into the API: a server refuses a spec with even one it does not know. */
// Source: vSphere Web Services API reference, "Since API" of VirtualMachineConfigSpec and its parts. Evidence: documented.
const since: Partial<Record<string, string>> = {
  messageBusTunnelEnabled: '6.0',
  networkBootProtocol: '6.0',
  migrateEncryption: '6.5',
  efiSecureBootEnabled: '6.5',
  vvtdEnabled: '6.7',
  vbsEnabled: '6.7',
  sevEnabled: '7.0.1.0',
  syncTimeWithHostAllowed: '7.0.1.0',
  vmOpNotificationToAppEnabled: '7.0.3.0',
  vmxStatsCollectionEnabled: '7.0.3.1',
  vmOpNotificationTimeout: '8.0.0.1',
  motherboardLayout: '8.0.0.1',
  simultaneousThreads: '8.0.0.1',
  virtualNuma: '8.0.0.1',
}

/** Drops what the target is too old for, and says so. Only what was set can be missed. */
export function knownTo<T extends object>(settings: T, { apiVersion }: CreateOptions, warn: Warn): T {
  const known = Object.entries(settings).filter(([name, value]) => {
    const needed = since[name]
    const isKnown = needed === undefined || knows(apiVersion, needed)
    if (!isKnown && value !== undefined && value !== false)
      warn({
        code: 'setting-too-new',
        sentence: `The setting ${name} is left out: it needs API ${needed}, the target has ${apiVersion}.`,
      })
    return isKnown
  })
  return Object.fromEntries(known) as T
}

/** What the VM is, apart from its devices: processors, memory, firmware, flags, power, tools. */
export function settingsOf(config: VmConfig, options: CreateOptions, warn: Warn): ConfigSpec {
  const { hardware } = config
  return {
    ...pick(config, 'version', 'guestId', 'alternateGuestName', 'annotation', 'firmware', 'swapPlacement'),
    ...pick(config, 'memoryHotAddEnabled', 'cpuHotAddEnabled', 'cpuHotRemoveEnabled', 'memoryReservationLockedToMax'),
    ...pick(config, 'maxMksConnections', 'guestAutoLockEnabled', 'nestedHVEnabled', 'vPMCEnabled'),
    ...pick(hardware, 'numCoresPerSocket', 'memoryMB', 'virtualICH7MPresent', 'virtualSMCPresent'),
    numCPUs: hardware.numCPU,
    ...newerSettingsOf(config, options, warn),
    cpuAllocation: allocationOf(config.cpuAllocation),
    memoryAllocation: allocationOf(config.memoryAllocation),
    ...(config.latencySensitivity === undefined
      ? {}
      : { latencySensitivity: pick(config.latencySensitivity, 'level') }),
    cpuFeatureMask: config.cpuFeatureMask?.map((info) => ({ operation: 'add', info: info })),
    flags: flagsOf(config, options, warn),
    tools: toolsOf(config, options, warn),
    powerOpInfo: pick(config.defaultPowerOps, 'powerOffType', 'suspendType', 'resetType', 'standbyAction'),
    bootOptions: bootOptionsOf(config, options, warn),
  }
}

function newerSettingsOf(config: VmConfig, options: CreateOptions, warn: Warn): ConfigSpec {
  const numa = config.numaInfo
  const virtualNuma =
    numa?.coresPerNumaNode === undefined || numa.autoCoresPerNumaNode === true
      ? undefined
      : { coresPerNumaNode: numa.coresPerNumaNode, exposeVnumaOnCpuHotadd: numa.vnumaOnCpuHotaddExposed }
  return knownTo(
    {
      ...pick(config, 'messageBusTunnelEnabled', 'migrateEncryption', 'sevEnabled'),
      ...pick(config, 'vmxStatsCollectionEnabled', 'vmOpNotificationToAppEnabled', 'vmOpNotificationTimeout'),
      ...pick(config.hardware, 'motherboardLayout', 'simultaneousThreads'),
      ...(virtualNuma === undefined ? {} : { virtualNuma }),
    },
    options,
    warn,
  )
}

/** Without `overheadLimit` and `expandableReservation`, which a VM's spec may not set. */
function allocationOf(saved: VmConfig['cpuAllocation']): ConfigSpec['cpuAllocation'] {
  if (saved === undefined) return undefined
  return { ...pick(saved, 'reservation', 'limit'), shares: saved.shares && pick(saved.shares, 'shares', 'level') }
}

/** Without the flags that forbid snapshots: a VM that was restored must be able to be backed up. */
function flagsOf({ flags }: VmConfig, options: CreateOptions, warn: Warn): ConfigSpec['flags'] {
  const old = pick(flags, 'disableAcceleration', 'enableLogging', 'monitorType', 'diskUuidEnabled', 'virtualMmuUsage')
  const newer = pick(
    flags,
    'virtualExecUsage',
    'snapshotPowerOffBehavior',
    'cbrcCacheEnabled',
    'vvtdEnabled',
    'vbsEnabled',
  )
  return knownTo({ ...old, ...newer }, options, warn)
}

function toolsOf({ tools }: VmConfig, options: CreateOptions, warn: Warn): ConfigSpec['tools'] {
  if (tools === undefined) return undefined
  const power = pick(
    tools,
    'afterPowerOn',
    'afterResume',
    'beforeGuestStandby',
    'beforeGuestShutdown',
    'beforeGuestReboot',
  )
  const rest = pick(tools, 'toolsUpgradePolicy', 'syncTimeWithHost', 'syncTimeWithHostAllowed')
  return knownTo({ ...power, ...rest }, options, warn)
}

/** Without the order, which names devices that do not exist yet. */
function bootOptionsOf({ bootOptions }: VmConfig, options: CreateOptions, warn: Warn): ConfigSpec['bootOptions'] {
  if (bootOptions === undefined) return undefined
  const kept = pick(
    bootOptions,
    'bootDelay',
    'enterBIOSSetup',
    'efiSecureBootEnabled',
    'bootRetryEnabled',
    'bootRetryDelay',
  )
  return knownTo({ ...kept, ...pick(bootOptions, 'networkBootProtocol') }, options, warn)
}
