export { GuestMemory } from './guest-memory.ts'
export { type DiskContent, generateDisk, type GeneratedDisk } from './generate-disk.ts'
export type { GuestWriterKind } from './guest-operations.ts'
export { GuestWriter, type GuestWriterOptions, startGuestWriter } from './guest-writer.ts'
