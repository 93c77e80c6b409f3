import type { DataObject } from '@vmkeep/vsphere/types'
import type { DiskBacking } from '../../storage/model.ts'
import type { VirtualMachine } from '../virtual-machine.ts'
import { chainOf, filesOfLink, type VmFile, vmFiles } from './vm-files.ts'

/** Gives every file the same number for as long as the VM lives. */
export class FileKeys {
  readonly #keys = new Map<string, number>()

  of(fullName: string): number {
    const key = this.#keys.get(fullName) ?? this.#keys.size
    this.#keys.set(fullName, key)
    return key
  }
}

/** `layoutEx`: every file of a VM, and which of them make up each disk and each snapshot. */
export function layoutEx(vm: VirtualMachine): DataObject<'VirtualMachineFileLayoutEx'> {
  const files = vmFiles(vm.world.storage, vm.storage)
  const chains = new Chains(files, vm.fileKeys)
  return {
    file: files.map((file) => fileInfo(file, vm.fileKeys)),
    disk: vm.storage.disks.map(({ key, backing }) => chains.disk(key, backing)),
    snapshot: vm.snapshots.map(({ ref, frozen }) => ({
      key: ref,
      dataKey: keyOf(vm, files, frozen.fileName),
      memoryKey: keyOf(vm, files, frozen.memoryFileName),
      disk: frozen.disks.map(({ key, backing }) => chains.disk(key, backing)),
    })),
    timestamp: vm.changedTime,
  }
}

/** `layout`, the older form: names only. */
export function fileLayout(vm: VirtualMachine): DataObject<'VirtualMachineFileLayout'> {
  const files = vmFiles(vm.world.storage, vm.storage)
  const named = (type: string) => files.filter((file) => file.type === type).map(({ name }) => name)
  return {
    configFile: [...named('config'), ...named('nvram'), ...named('snapshotList')],
    logFile: named('log'),
    disk: vm.storage.disks.map(({ key, backing }) => ({
      key,
      diskFile: chainOf(backing).map(({ fileName }) => fileName),
    })),
    snapshot: vm.snapshots.map(({ ref, frozen }) => ({
      key: ref,
      snapshotFile: frozen.disks.map(({ backing }) => backing.fileName),
    })),
  }
}

class Chains {
  readonly #files: readonly VmFile[]
  readonly #keys: FileKeys

  constructor(files: readonly VmFile[], keys: FileKeys) {
    this.#files = files
    this.#keys = keys
  }

  disk(key: number, backing: DiskBacking): DataObject<'VirtualMachineFileLayoutExDiskLayout'> {
    const chain = chainOf(backing).map(({ fileName }) => ({
      fileKey: filesOfLink(fileName, this.#files).map(({ fullName }) => this.#keys.of(fullName)),
    }))
    return { key, chain }
  }
}

function fileInfo(file: VmFile, keys: FileKeys): DataObject<'VirtualMachineFileLayoutExFileInfo'> {
  return {
    key: keys.of(file.fullName),
    name: file.fullName,
    type: file.type,
    size: file.sizeBytes,
    uniqueSize: file.allocatedBytes,
    backingObjectId: '',
    accessible: true,
  }
}

/** -1 if there is none. Source: vSphere Web Services API 8.0, VirtualMachineFileLayoutExSnapshotLayout. Evidence: documented. */
function keyOf(vm: VirtualMachine, files: readonly VmFile[], fileName: string | undefined): number {
  const file = files.find(({ name }) => name === fileName)
  return file === undefined ? -1 : vm.fileKeys.of(file.fullName)
}
