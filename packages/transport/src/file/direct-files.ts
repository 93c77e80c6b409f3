import { type BlockDevice, openBlockDevice } from '@vmkeep/disk'
import { hasCode, messageOf } from '@vmkeep/kit'
import { type ByteSource, localFiles, vmdkFail, type VmdkFiles } from '@vmkeep/vmdk'

/** What is smaller is a descriptor, a header or a table of grains: read often, in small pieces, and worth a place in the page cache. */
const directBytesMin = 128 * 1024

/** Files of a mounted datastore: runs of data are read past the page cache where the file system can, all else through it. */
export function directFiles(root: string): VmdkFiles {
  const files = localFiles(root)
  return {
    parent: (child, hint) => files.parent(child, hint),
    open: async (path, neededBy) => {
      const buffered = await files.open(path, neededBy)
      if (buffered.sizeBytes < directBytesMin) return buffered
      return await withDirectReads(buffered)
    },
  }
}

async function withDirectReads(buffered: ByteSource): Promise<ByteSource> {
  const device = await openBlockDevice(buffered.path).catch(() => undefined)
  if (device?.isDirect === true) return new MixedSource(buffered, device)
  await device?.[Symbol.asyncDispose]()
  return buffered
}

/** One file, opened twice. Takes both over. */
class MixedSource implements ByteSource {
  readonly path: string
  readonly sizeBytes: number
  readonly #buffered: ByteSource
  readonly #direct: BlockDevice

  constructor(buffered: ByteSource, direct: BlockDevice) {
    this.#buffered = buffered
    this.#direct = direct
    this.path = buffered.path
    this.sizeBytes = buffered.sizeBytes
  }

  async read(offsetBytes: number, target: Uint8Array): Promise<void> {
    if (target.length < directBytesMin) return await this.#buffered.read(offsetBytes, target)
    try {
      await this.#direct.read(offsetBytes, target)
    } catch (error) {
      const { path } = this
      if (hasCode(error, 'disk.short-read'))
        throw vmdkFail('vmdk.damaged', { path, offsetBytes, fact: 'the file ends early' }, error)
      throw vmdkFail('vmdk.read-failed', { path, fact: messageOf(error) }, error)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#direct[Symbol.asyncDispose]()
    await this.#buffered[Symbol.asyncDispose]()
  }
}
