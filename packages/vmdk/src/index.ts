export type { ByteSource } from './byte-source.ts'
export { createVmdk, type NewVmdk, type VmdkKind, vmdkKinds } from './create-vmdk.ts'
export {
  type Descriptor,
  type DescriptorExtent,
  formatDescriptor,
  noParent,
  parseDescriptor,
} from './descriptor-format.ts'
export { decodeDescriptor } from './descriptor-bytes.ts'
export { type DiskMetadata, type Geometry, geometryOf } from './disk-metadata.ts'
export { fail as vmdkFail } from './errors.ts'
export { flatPathOf } from './monolithic-flat-writer.ts'
export type { VmdkReader } from './chain-reader.ts'
export { openVmdk, type OpenVmdkOptions } from './open-vmdk.ts'
export { type PassingGrain, PassingStream } from './passing-stream.ts'
export { type StreamDisk, type StreamOptions, StreamOptimizedWriter } from './stream-optimized-writer.ts'
export type { StreamSink } from './vmdk-stream.ts'
export { localFiles, type VmdkFiles } from './vmdk-files.ts'
