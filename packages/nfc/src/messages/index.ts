// Every message of the protocol, both directions: bytes in, bytes out. See docs/protocols/nfc.md.
export {
  allocationBitmapBytes,
  type ChunkRun,
  decodeAllocationBitmap,
  encodeAllocationBitmap,
  QueryAllocatedBlocks,
  QueryAllocatedBlocksReply,
} from './aio-allocated-blocks.ts'
export { type DdbKey, DdbGet, DdbGetReply, ddbKeys, ddbValueBytesMax } from './aio-ddb.ts'
export { decodeError, encodeError, errorPayloadBytesMax, type ErrorPayload, nfcErrorCode } from './aio-error.ts'
export { CloseFile, fileType, OpenFile, OpenFileReply, openFlags } from './aio-file.ts'
export { AioHeader, aioMagic, aioType, aioTypeName, type AioTypeName } from './aio-header.ts'
export {
  compressionKind,
  type CompressionName,
  decodeFragment,
  encodeFragmentFrame,
  ioDirection,
  IoFragment,
  ioFrameBytes,
  type MutableFragment,
  ReadRequest,
} from './aio-io.ts'
export {
  CloseSession,
  defaultBuffers,
  OpenSession,
  OpenSessionReply,
  SetResPool,
  SetSockOpts,
  SetSockOptsReply,
} from './aio-session.ts'
export {
  authdBanner,
  authdCode,
  authdCommand,
  authdLineBytesMax,
  authdPort,
  type AuthdReply,
  authdService,
  formatAuthdReply,
  parseAuthdCommand,
  parseAuthdReply,
} from './authd.ts'
export {
  AioSessionOpen,
  classicFrameBytes,
  classicType,
  classicTypeOf,
  ConnectionData,
  connectionNames,
  Handshake,
  nfcVersion,
  sessionFeature,
  SessionComplete,
  SessionFeatures,
  SessionParams,
  SessionParamsReply,
  Version,
} from './classic.ts'
export { decodeSkipZ, encodeSkipZ } from './skip-z.ts'
