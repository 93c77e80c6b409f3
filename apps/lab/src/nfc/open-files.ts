import { FormatError } from '@vmkeep/kit'
import { fileType, nfcErrorCode, openFlags } from '@vmkeep/nfc/messages'
import type { LabStorage, OpenDisk } from '../storage/model.ts'
import { Refusal } from './refusal.ts'
import type { Grant } from './ticket-book.ts'

/** Source: none; a host says no more than that it failed. Evidence: inferred from "an opaque NFC error", nfc-wire.md §1. */
const failed = 1

/** The files one session has open, by handle. */
export class OpenFiles implements AsyncDisposable {
  readonly #storage: LabStorage
  readonly #grant: Grant
  readonly #files = new Map<bigint, OpenDisk>()
  #lastHandle = 0x1000n

  constructor(storage: LabStorage, grant: Grant) {
    this.#storage = storage
    this.#grant = grant
  }

  /** @throws Refusal, when the client must hear of it */
  open(
    path: string,
    { fileType: type, flags }: { readonly fileType: number; readonly flags: number },
  ): { handle: bigint; disk: OpenDisk } {
    if (type !== fileType.disk) throw new Refusal(failed, `File type ${type} is not supported`)
    if (flags !== openFlags.readOnly && flags !== openFlags.readWrite)
      throw new Refusal(failed, `Unknown flags 0x${flags.toString(16)}`)
    const access = flags === openFlags.readWrite ? 'write' : 'read'
    if (access === 'write' && this.#grant.access === 'read')
      throw new Refusal(nfcErrorCode.fileReadOnly, 'The file is read-only')
    const disk = this.#openDisk(path, access)
    const handle = ++this.#lastHandle
    this.#files.set(handle, disk)
    return { handle, disk }
  }

  /** @throws Refusal for a handle nobody was given */
  get(handle: bigint): OpenDisk {
    const disk = this.#files.get(handle)
    if (disk === undefined) throw new Refusal(failed, `Invalid handle ${handle}`)
    return disk
  }

  async close(handle: bigint): Promise<void> {
    const disk = this.get(handle)
    this.#files.delete(handle)
    await disk[Symbol.asyncDispose]()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const handle of this.#files.keys()) await this.close(handle)
  }

  #openDisk(path: string, access: 'read' | 'write'): OpenDisk {
    if (!this.#grant.allows(path)) throw new Refusal(failed, 'The operation failed')
    try {
      return this.#storage.openPath(path, { access })
    } catch (error) {
      if (error instanceof FormatError) throw error
      throw new Refusal(failed, 'The operation failed', error) // a host does not say why
    }
  }
}
