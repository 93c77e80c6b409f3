import { posix } from 'node:path'
import { hasCode } from '@vmkeep/kit'
import { type ByteSource, type VmdkFiles, vmdkFail } from '@vmkeep/vmdk'
import type { VmfsFile, VmfsVolume } from '@vmkeep/vmfs'

/** The files of a VMDK's chain on a VMFS, and which of them were opened. */
export class ChainFiles implements VmdkFiles {
  readonly opened: VmfsFile[] = []
  readonly #volume: VmfsVolume
  readonly #names: readonly string[]

  /** @param datastore its name in vSphere: a parent may be named by a host's own path */
  constructor(volume: VmfsVolume, datastore: string) {
    this.#volume = volume
    this.#names = [volume.uuid, volume.label, datastore]
  }

  async open(path: string, neededBy = ''): Promise<ByteSource> {
    const file = await this.#volume.openFile(path).catch((error: unknown) => {
      throw hasCode(error, 'vmfs.not-found') ? vmdkFail('vmdk.not-found', { path, neededBy }, error) : error
    })
    this.opened.push(file)
    return {
      path, // what it names lies beside it
      sizeBytes: file.capacityBytes,
      read: (offsetBytes, target) => file.read(offsetBytes, target),
      allocated: (within) => file.allocated(within),
      [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
    }
  }

  async parent(child: string, hint: string): Promise<string> {
    const [, volume, below] = /^\/vmfs\/volumes\/([^/]+)\/(.+)$/.exec(hint) ?? []
    const isHere = volume === undefined ? !posix.isAbsolute(hint) : this.#names.includes(volume)
    const path = posix.normalize(below ?? posix.join(posix.dirname(child), hint))
    if (hint === '' || !isHere || path.startsWith('..'))
      throw vmdkFail('vmdk.parent-outside', { path: child, parent: hint, root: this.#volume.name })
    return path
  }
}
