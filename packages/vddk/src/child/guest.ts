import koffi from 'koffi'
import type { GuestInfo } from '../protocol/messages.ts'
import { flagOpenReadOnly, mountFunctions, osFamilies, OsInfo, volumeKinds, VolumeInfo } from './abi.ts'
import type { LogFunctions } from './callbacks.ts'
import { codeOfVix, Library, VixFailure } from './library.ts'
import { Cells, CText } from './memory.ts'

const volumeInfoBytes = koffi.sizeof(VolumeInfo)

/** What libvixMntapi tells of the guest on a disk. Nothing is mounted. */
export class GuestReader {
  readonly #library: Library<typeof mountFunctions>

  constructor(file: string, rootFolder: string, { log, warn, panic }: LogFunctions) {
    this.#library = new Library(file, 'VixMntapi_', mountFunctions)
    const code = codeOfVix(this.#library.now('Init', 1, 0, log, warn, panic, rootFolder, null))
    if (code !== 0) throw new VixFailure(code, 'VixMntapi_Init')
  }

  async read(connection: bigint, path: string): Promise<GuestInfo> {
    const name = new CText(path)
    const [names, out] = [new Cells(1), new Cells(1)]
    names.set(name.address)
    await this.#do('OpenDisks', connection, names.address, 1, flagOpenReadOnly, out.address)
    const set = out.get()
    try {
      const os = await this.#os(set)
      return { ...(os === undefined ? {} : { os }), volumes: await this.#volumes(set) }
    } finally {
      name.wipe()
      await this.#library.call('CloseDiskSet', set)
    }
  }

  async exit(): Promise<void> {
    await this.#library.call('Exit')
  }

  /** Many a disk has none, and is no worse for it. */
  async #os(set: bigint): Promise<GuestInfo['os']> {
    const out = new Cells(1)
    if ((await this.#library.code('GetOsInfo', set, out.address)) !== 0) return undefined
    const info = koffi.decode(out.get(), OsInfo) as Record<string, number | string | null>
    await this.#library.call('FreeOsInfo', out.get())
    if (info['family'] === 0) return undefined
    return {
      family: osFamilies[Number(info['family'])] ?? 'other',
      version: `${info['majorVersion']}.${info['minorVersion']}`,
      is64Bit: info['osIs64Bit'] !== 0,
      vendor: String(info['vendor'] ?? ''),
      edition: String(info['edition'] ?? ''),
    }
  }

  async #volumes(set: bigint): Promise<GuestInfo['volumes']> {
    const [count, out] = [new Cells(1), new Cells(1)]
    await this.#do('GetVolumeHandles', set, count.address, out.address)
    const handles =
      Number(count.get()) === 0 ? [] : (koffi.decode(out.get(), 'void *', Number(count.get())) as bigint[])
    const volumes: GuestInfo['volumes'][number][] = []
    for (const handle of handles) volumes.push(await this.#volume(handle))
    await this.#library.call('FreeVolumeHandles', out.get())
    return volumes
  }

  async #volume(handle: bigint): Promise<GuestInfo['volumes'][number]> {
    const out = new Cells(1)
    await this.#do('GetVolumeInfo', handle, out.address)
    const { type, numGuestMountPoints } = koffi.decode(out.get(), VolumeInfo) as {
      type: number
      numGuestMountPoints: number
    }
    const count = Number(numGuestMountPoints)
    const mountPoints = count === 0 ? [] : (koffi.decode(out.get(), volumeInfoBytes, 'char *', count) as string[])
    await this.#library.call('FreeVolumeInfo', out.get())
    return { kind: volumeKinds[type] ?? 'unknown', mountPoints }
  }

  async #do(name: keyof typeof mountFunctions, ...args: unknown[]): Promise<void> {
    const code = await this.#library.code(name, ...args)
    if (code !== 0) throw new VixFailure(code, `VixMntapi_${name}`)
  }
}
