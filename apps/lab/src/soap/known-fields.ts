/**
 * Fields younger than version 6.5, by the version that brought them: of the types the lab writes and the specs it reads.
 * Source: vSphere Web Services API, "Since" of each property. Evidence: documented.
 */
const youngFields: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  '6.7': {
    VirtualDeviceConnectInfo: ['migrateConnect'],
    VirtualMachineDefinedProfileSpec: ['profileParams'],
    VirtualMachineConfigInfo: ['createDate'],
    VirtualMachineConfigSpec: ['createDate'],
    VirtualMachineRuntimeInfo: ['instantCloneFrozen', 'cryptoState'],
    VirtualMachineCapability: [
      'perVmEvcSupported',
      'virtualMmuUsageIgnored',
      'virtualExecUsageIgnored',
      'diskOnlySnapshotOnSuspendedVMSupported',
    ],
    VirtualMachineConfigSummary: ['tpmPresent', 'numVmiopBackings'],
    VirtualMachineFlagInfo: ['vvtdEnabled', 'vbsEnabled'],
    VirtualDisk: ['nativeUnmanagedLinkedClone'],
    VirtualDiskRawDiskMappingVer1BackingInfo: ['deltaDiskFormat', 'deltaGrainSize'],
    HostListSummary: ['tpmAttestation'],
    HostListSummaryQuickStats: ['availablePMemCapacity'],
    HostConfigInfo: ['sharedGpuCapabilities'],
    DatastoreCapability: ['vmdkExpandSupported'],
  },
  '6.7.2': {
    ServiceContent: ['storageQueryManager'],
  },
  '6.8.7': {
    ServiceContent: ['guestCustomizationManager'],
  },
  '6.9.1': {
    VirtualMachineConfigSummary: ['hwVersion'],
    VirtualMachineGuestSummary: ['hwVersion'],
    GuestInfo: ['hwVersion'],
    ServiceContent: ['tenantManager'],
  },
  '7.0.0.0': {
    GuestDiskInfo: ['filesystemType', 'mappings'],
    HostVirtualNicSpec: ['systemOwned'],
    VirtualMachineRelocateSpecDiskLocator: ['backing'],
    VirtualMachineConfigInfo: ['vcpuConfig', 'sgxInfo', 'contentLibItemInfo', 'guestMonitoringModeInfo'],
    VirtualMachineConfigSpec: ['vcpuConfig', 'sgxInfo', 'guestMonitoringModeInfo'],
    VirtualMachineQuickStats: ['overallCpuReadiness', 'grantedMemory'],
    HostConfigInfo: ['descriptionTreeCheckSum', 'assignableHardwareBinding', 'assignableHardwareConfig'],
    DatastoreCapability: ['clusteredVmdkSupported'],
    ClusterComputeResourceSummary: ['drsScore', 'numVmsPerDrsScoreBucket'],
    ServiceContent: ['siteInfoManager'],
    DVPortgroupConfigInfo: ['backingType', 'transportZoneUuid', 'transportZoneName', 'logicalSwitchUuid', 'segmentId'],
    ResourceConfigSpec: ['scaleDescendantsShares'],
    ResourcePoolRuntimeInfo: ['sharesScalable'],
    VirtualMachineRelocateSpec: ['cryptoSpec'],
  },
  '7.0.0.2': {
    ClusterComputeResourceSummary: ['clusterMaintenanceModeStatus'],
  },
  '7.0.1.0': {
    VirtualMachineConfigInfo: ['sevEnabled'],
    VirtualMachineConfigSpec: ['sevEnabled'],
    VirtualMachineCapability: ['toolsSyncTimeAllowSupported', 'sevSupported'],
    HostListSummary: ['currentEVCGraphicsModeKey', 'trustAuthorityAttestationInfos'],
    ClusterComputeResourceSummary: ['currentEVCGraphicsModeKey'],
    ToolsConfigInfo: ['syncTimeWithHostAllowed'],
  },
  '7.0.1.1': {
    ClusterComputeResourceSummary: ['vcsHealthStatus', 'vcsSlots'],
  },
  '7.0.2.0': {
    VirtualMachineConfigInfo: ['ftEncryptionMode', 'pmemFailoverEnabled'],
    VirtualMachineConfigSpec: ['ftEncryptionMode', 'pmemFailoverEnabled'],
    VirtualMachineRuntimeInfo: ['vmFailoverInProgress', 'suspendedToMemory'],
    VirtualMachineCapability: ['suspendToMemorySupported', 'pmemFailoverSupported'],
    GuestInfo: ['customizationInfo'],
    HostRuntimeInfo: ['statelessNvdsMigrationReady'],
    AboutInfo: ['patchLevel'],
    ComputeResourceConfigInfo: ['maximumHardwareVersionKey'],
    DatacenterConfigInfo: ['maximumHardwareVersionKey'],
    SessionManagerGenericServiceTicket: ['ticketType'],
  },
  '7.0.2.1': {
    VirtualDisk: ['independentFilters'],
    VirtualDeviceConfigSpec: ['filterSpec'],
  },
  '7.0.3.0': {
    VirtualMachineConfigInfo: ['vmOpNotificationToAppEnabled', 'pmem'],
    VirtualMachineConfigSpec: ['vmOpNotificationToAppEnabled', 'pmem'],
    VirtualMachineQuickStats: ['activeMemory', 'memoryTierStats'],
    HostRuntimeInfo: ['stateEncryption'],
  },
  '7.0.3.1': {
    VirtualMachineConfigInfo: ['vmxStatsCollectionEnabled'],
    VirtualMachineConfigSpec: ['vmxStatsCollectionEnabled'],
    SessionManagerGenericServiceTicket: ['certThumbprintList'],
  },
  '7.0.3.2': {
    NoPermission: ['missingPrivileges'],
  },
  '8.0.0.1': {
    VirtualMachineConfigInfo: ['rebootPowerOff', 'numaInfo', 'vmOpNotificationTimeout', 'deviceSwap', 'deviceGroups'],
    VirtualMachineConfigSpec: [
      'rebootPowerOff',
      'virtualNuma',
      'motherboardLayout',
      'vmOpNotificationTimeout',
      'deviceSwap',
      'simultaneousThreads',
      'deviceGroups',
    ],
    VirtualHardware: ['autoCoresPerSocket', 'motherboardLayout', 'simultaneousThreads'],
    VirtualMachineRuntimeInfo: ['opNotificationTimeout'],
    VirtualMachineCapability: ['requireSgxAttestationSupported', 'changeModeDisksSupported'],
    VirtualDevice: ['numaNode', 'deviceGroupInfo'],
    VirtualVmxnet3: ['uptv2Enabled'],
    VirtualDeviceConfigSpec: ['changeMode'],
    VirtualMachineCloneSpec: ['tpmProvisionPolicy'],
  },
  '8.0.1.0': {
    VirtualMachineConfigInfo: ['fixedPassthruHotPlugEnabled'],
    VirtualMachineConfigSpec: ['fixedPassthruHotPlugEnabled'],
    VirtualMachineRuntimeInfo: ['iommuActive'],
    VirtualMachineCapability: ['vendorDeviceGroupSupported'],
    VirtualDisk: ['vDiskVersion'],
    TaskInfo: ['progressDetails'],
  },
  '8.0.2.0': {
    VirtualNVMEController: ['sharedBus'],
    GuestInfo: ['guestDetailedData'],
    VirtualDisk: ['guestReadOnly'],
  },
  '8.0.3.0': {
    EventFilterSpec: ['delayedInit'],
    SnapshotSelectionSpec: ['retentionDays'],
    VirtualMachineConfigInfo: ['metroFtEnabled', 'metroFtHostGroup'],
    VirtualMachineConfigSpec: ['metroFtEnabled', 'metroFtHostGroup'],
    HostRuntimeInfo: ['partialMaintenanceMode'],
    HostConfigInfo: ['cpuScheduler'],
  },
}

const sinceOf = new Map<string, string>()
for (const [version, types] of Object.entries(youngFields))
  for (const [type, fields] of Object.entries(types))
    for (const field of fields) sinceOf.set(`${type}.${field}`, version)

/** Whether an API version knows a field of a type. */
export function knowsField(version: string, type: string, field: string): boolean {
  const since = sinceOf.get(`${type}.${field}`)
  return since === undefined || compareVersions(since, version) <= 0
}

/** Below zero if `a` is older than `b`. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a.split('.').map(Number), b.split('.').map(Number)]
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
