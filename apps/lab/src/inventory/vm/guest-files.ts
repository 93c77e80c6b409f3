import { VimFault } from '../../faults/vim-fault.ts'
import type { VirtualMachine } from '../virtual-machine.ts'
import { isWindows } from './quiesce-guest.ts'

interface GuestFile {
  readonly owner: string
  bytes: Buffer
}

interface Offer {
  readonly id: number
  readonly token: string
  readonly size: number
  readonly owner: number
}

/** The few files of a make-believe guest that somebody made through VMware Tools. */
export class GuestFiles {
  readonly #vm: VirtualMachine
  readonly #files = new Map<string, GuestFile>()
  readonly #offers = new Map<string, { readonly id: number; readonly path: string }>()
  #nextId = 0

  constructor(vm: VirtualMachine) {
    this.#vm = vm
  }

  get paths(): readonly string[] {
    return [...this.#files.keys()]
  }

  /** Source: GuestFileManager.CreateTemporaryFileInGuest. Evidence: documented. @throws VimFault `FileNotFound` */
  createTemporary(
    owner: string,
    {
      prefix,
      suffix,
      directoryPath,
    }: { readonly prefix: string; readonly suffix: string; readonly directoryPath?: string | undefined },
  ): string {
    const windows = isWindows(this.#vm)
    const folders = windows ? [String.raw`C:\Windows\TEMP`] : ['/tmp', '/dev/shm']
    const folder = directoryPath === undefined || directoryPath === '' ? folders[0]! : directoryPath
    if (!folders.includes(folder)) throw new VimFault('FileNotFound', { file: folder })
    const middle = Buffer.from(this.#vm.world.random.bytes(4)).toString('hex')
    const path = `${folder}${windows ? '\\' : '/'}${prefix}${middle}${suffix}`
    this.#files.set(path, { owner, bytes: Buffer.alloc(0) })
    return path
  }

  write(owner: string, path: string, text: string): void {
    this.#files.set(path, { owner, bytes: Buffer.from(text) })
  }

  /** @throws VimFault `FileNotFound`, `GuestPermissionDenied` */
  offer(user: string, path: string): Offer {
    const { bytes } = this.#own(user, path)
    const id = ++this.#nextId
    const token = Buffer.from(this.#vm.world.random.bytes(16)).toString('hex')
    this.#offers.set(token, { id, path })
    return { id, token, size: bytes.length, owner: 1000 }
  }

  /** What was offered under this token; once. */
  taken(token: string): Buffer | undefined {
    const offered = this.#offers.get(token)
    this.#offers.delete(token)
    return offered && this.#files.get(offered.path)?.bytes
  }

  /** @throws VimFault `FileNotFound`, `GuestPermissionDenied` */
  delete(user: string, path: string): void {
    this.#own(user, path)
    this.#files.delete(path)
  }

  #own(user: string, path: string): GuestFile {
    const file = this.#files.get(path)
    if (file === undefined) throw new VimFault('FileNotFound', { file: path })
    if (file.owner !== user) throw new VimFault('GuestPermissionDenied')
    return file
  }
}
