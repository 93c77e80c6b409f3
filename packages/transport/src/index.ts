export {
  openVmDisk,
  openVmDiskForWriting,
  type VmDiskReader,
  type VmDiskRequest,
  type VmDiskWriter,
} from './open-vm-disk.ts'
export { defaultTransport, type TransportSettings } from './settings.ts'
