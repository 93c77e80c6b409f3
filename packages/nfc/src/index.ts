export { type Geometry, type NfcFile } from './file/nfc-file.ts'
export { openNfcFile, type OpenNfcFileOptions } from './file/open-nfc-file.ts'
export type { NfcFileOptions, NfcTimeouts } from './file/options.ts'
export type { Compression } from './file/outgoing-fragments.ts'
export type { DiskMetadata } from './file/queries.ts'
export { type DdbKey, ddbKeys } from './messages/index.ts'
export type { NfcTicket } from './ticket.ts'
export {
  openResumingNfcDisk,
  type ResumingNfcDisk,
  type ResumingNfcDiskOptions,
} from './resuming/open-resuming-nfc-disk.ts'
export type { ReconnectEvent } from './resuming/reconnector.ts'
