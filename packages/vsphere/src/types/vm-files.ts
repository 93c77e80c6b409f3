// The files of a VM, its snapshots, and what they take.
import { dataTypes } from './notation.ts'

export const vmFiles = dataTypes({
  VirtualMachineSnapshotInfo: {
    currentSnapshot: 'ref?',
    rootSnapshotList: 'VirtualMachineSnapshotTree[]',
  },
  VirtualMachineSnapshotTree: {
    snapshot: 'ref',
    vm: 'ref',
    name: 'string',
    description: 'string',
    id: 'int?',
    createTime: 'dateTime',
    state: 'VirtualMachinePowerState',
    quiesced: 'boolean',
    backupManifest: 'string?',
    childSnapshotList: 'VirtualMachineSnapshotTree[]?',
    replaySupported: 'boolean?',
  },
  VirtualMachineGuestQuiesceSpec: {
    timeout: 'int?',
  },
  VirtualMachineWindowsQuiesceSpec: {
    $extends: 'VirtualMachineGuestQuiesceSpec',
    vssBackupType: 'int?',
    vssBootableSystemState: 'boolean?',
    vssPartialFileSupport: 'boolean?',
    vssBackupContext: 'string?',
  },
  VirtualMachineFileLayout: {
    configFile: 'string[]?',
    logFile: 'string[]?',
    disk: 'VirtualMachineFileLayoutDiskLayout[]?',
    snapshot: 'VirtualMachineFileLayoutSnapshotLayout[]?',
    swapFile: 'string?',
  },
  VirtualMachineFileLayoutDiskLayout: {
    key: 'int',
    diskFile: 'string[]',
  },
  VirtualMachineFileLayoutSnapshotLayout: {
    key: 'ref',
    snapshotFile: 'string[]',
  },
  VirtualMachineFileLayoutEx: {
    file: 'VirtualMachineFileLayoutExFileInfo[]?',
    disk: 'VirtualMachineFileLayoutExDiskLayout[]?',
    snapshot: 'VirtualMachineFileLayoutExSnapshotLayout[]?',
    timestamp: 'dateTime',
  },
  VirtualMachineFileLayoutExFileInfo: {
    key: 'int',
    name: 'string',
    type: 'string',
    size: 'long',
    uniqueSize: 'long?',
    backingObjectId: 'string?',
    accessible: 'boolean?',
  },
  VirtualMachineFileLayoutExDiskLayout: {
    key: 'int',
    chain: 'VirtualMachineFileLayoutExDiskUnit[]?',
  },
  VirtualMachineFileLayoutExDiskUnit: {
    fileKey: 'int[]',
  },
  VirtualMachineFileLayoutExSnapshotLayout: {
    key: 'ref',
    dataKey: 'int',
    memoryKey: 'int?',
    disk: 'VirtualMachineFileLayoutExDiskLayout[]?',
  },
  VirtualMachineStorageInfo: {
    perDatastoreUsage: 'VirtualMachineUsageOnDatastore[]?',
    timestamp: 'dateTime',
  },
  VirtualMachineUsageOnDatastore: {
    datastore: 'ref',
    committed: 'long',
    uncommitted: 'long',
    unshared: 'long',
  },
  SnapshotSelectionSpec: {
    retentionDays: 'int?',
  },
})
