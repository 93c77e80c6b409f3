export type { GeneratedFile } from './file-tree.ts'
export {
  type DiskContent,
  type Ext4Content,
  generateDisk,
  type GeneratedDisk,
  type GenerateOptions,
} from './generate-disk.ts'
export type { GuestOperation, GuestWriterKind } from './guest-operations.ts'
export { GuestWriter, type GuestWriterOptions, type Pace, startGuestWriter } from './guest-writer.ts'
