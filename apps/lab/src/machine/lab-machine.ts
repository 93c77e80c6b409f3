// The machine that is a VM of the lab: a folder that looks like the /sys and /dev of a Linux guest of that VM.
import { mkdir, open, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { endOf, type Extent, isZero, whole } from '@vmkeep/disk'
import type { VirtualMachine } from '../inventory/virtual-machine.ts'
import type { DiskSettings } from '../inventory/vm/vm-settings.ts'
import { doAt } from '../storage/faults.ts'
import type { LabStorage, VirtualDisk } from '../storage/model.ts'

/** What a rule at `machine.disk` does to a disk that has just been attached; its object is the disk's path. */
export type MachineAction =
  /** The guest's kernel never finds it. */
  | { readonly do: 'missing' }
  /** The guest gives it another disk signature, as Windows does to one whose own is taken. */
  | { readonly do: 'signature' }
  /** It is another disk than the one that was asked for. */
  | { readonly do: 'wrong-disk' }

const stepBytes = 1024 * 1024

/**
 * Shows the SCSI disks of a VM as its guest would see them. A device is a plain file with the bytes the disk has when it comes, which for a
 * layer below a snapshot are its bytes for ever.
 *
 * The tree is what Linux has, as far as anybody looks at it: `sys/class/dmi/id/product_uuid`, `sys/class/scsi_host/host2/scan`,
 * `sys/class/scsi_device/2:0:1:0/device/{block/sdb/size,wwid,delete}`, `dev/sdb`.
 */
export class LabMachine {
  readonly #vm: VirtualMachine
  readonly #folder: string
  /** By the disk's key: the last letter of its name, and its address. */
  readonly #shown = new Map<number, { readonly name: string; readonly address: string }>()

  private constructor(vm: VirtualMachine, folder: string) {
    this.#vm = vm
    this.#folder = folder
  }

  static async start(vm: VirtualMachine, folder: string): Promise<LabMachine> {
    const machine = new LabMachine(vm, folder)
    await mkdir(join(folder, 'dev'), { recursive: true })
    await machine.#write('sys/class/dmi/id/product_uuid', `${vm.settings.uuid}\n`)
    await mkdir(join(folder, 'sys/class/scsi_device'), { recursive: true })
    await machine.#write('sys/class/scsi_host/host2/scan', '')
    await machine.sync()
    return machine
  }

  /** After every reconfiguration: new disks come, those taken off go. */
  async sync(): Promise<void> {
    const { disks } = this.#vm.settings
    for (const [key, { name, address }] of this.#shown)
      if (!disks.some((disk) => disk.key === key)) await this.#hide(key, name, address)
    for (const disk of disks) if (!this.#shown.has(disk.key)) await this.#show(disk)
  }

  async #show(disk: DiskSettings): Promise<void> {
    const controller = this.#vm.settings.devices.find(({ key }) => key === disk.controllerKey)
    if (controller === undefined || !('scsiCtlrUnitNumber' in controller)) return
    const bytes = this.#vm.storage.disk(disk.key)
    const { faults, storage } = this.#vm.world
    const action = doAt<MachineAction>(faults, 'machine.disk', bytes.backing.parent?.fileName ?? bytes.backing.fileName)
    const name = this.#freeName()
    const address = `${2 + controller.busNumber}:0:${disk.unitNumber}:0`
    this.#shown.set(disk.key, { name, address })
    if (action?.do === 'missing') return
    await this.#copy(storage, bytes, name)
    if (action !== undefined) await this.#spoil(name, action)
    const device = `sys/class/scsi_device/${address}/device`
    if (this.#vm.settings.extraConfig.get('disk.EnableUUID')?.toLowerCase() === 'true')
      await this.#write(`${device}/wwid`, `naa.${bytes.backing.uuid.replaceAll('-', '').toLowerCase()}\n`)
    await this.#write(`${device}/delete`, '')
    await this.#write(`${device}/block/${name}/size`, `${bytes.capacityBytes / 512}\n`) // last: what has a size is there
  }

  async #hide(key: number, name: string, address: string): Promise<void> {
    this.#shown.delete(key)
    await rm(join(this.#folder, 'sys/class/scsi_device', address), { recursive: true, force: true })
    await rm(join(this.#folder, 'dev', name), { force: true })
  }

  async #copy(storage: LabStorage, disk: VirtualDisk, name: string): Promise<void> {
    await using file = await open(join(this.#folder, 'dev', name), 'w')
    await file.truncate(disk.capacityBytes)
    const buffer = Buffer.alloc(stepBytes)
    for await (const extent of extentsOf(storage, disk))
      for (let at = extent.offsetBytes; at < endOf(extent); at += stepBytes) {
        const bytes = buffer.subarray(0, Math.min(stepBytes, endOf(extent) - at))
        await disk.readGuest(at, bytes)
        if (!isZero(bytes)) await file.write(bytes, 0, bytes.length, at)
      }
  }

  async #spoil(name: string, { do: what }: MachineAction): Promise<void> {
    await using file = await open(join(this.#folder, 'dev', name), 'r+')
    const at = what === 'signature' ? 0x1bc : 0x40
    const bytes = Buffer.alloc(2)
    await file.read(bytes, 0, 2, at)
    await file.write(Buffer.from(bytes.map((byte) => byte ^ 0xff)), 0, 2, at)
  }

  #freeName(): string {
    const taken = new Set([...this.#shown.values()].map(({ name }) => name))
    for (let number = 0; ; number++) {
      const name = `sd${number >= 26 ? String.fromCharCode(96 + Math.floor(number / 26)) : ''}${String.fromCharCode(97 + (number % 26))}`
      if (!taken.has(name)) return name
    }
  }

  async #write(path: string, text: string): Promise<void> {
    const full = join(this.#folder, path)
    await mkdir(join(full, '..'), { recursive: true })
    await writeFile(full, text)
  }
}

/** Only what may hold data of a disk with layers below it, so that terabytes cost nothing; else all of it. */
async function* extentsOf(storage: LabStorage, { backing, capacityBytes }: VirtualDisk): AsyncIterable<Extent> {
  if (backing.parent === undefined) return yield whole(capacityBytes)
  await using below = storage.openPath(backing.parent.fileName)
  yield* below.allocated(whole(capacityBytes))
}
