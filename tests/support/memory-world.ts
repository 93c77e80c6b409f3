import type { BackupOptions } from '@vmkeep/backup'
import type { LabOptions } from '@vmkeep/lab'
import type { VmPoint } from '@vmkeep/run'
import type { VmReport } from '@vmkeep/backup'
import { powerOff, waitForTask } from '@vmkeep/vsphere'
import { expect } from 'vitest'
import { type Instant, World } from './world.ts'

const MiB = 1024 * 1024

/** One VM with two disks and 16 MiB of memory, that runs. */
export const startMemoryWorld = ({
  mode = 'vcenter',
  ...vm
}: { readonly mode?: LabOptions['mode'] & string } & Partial<
  NonNullable<LabOptions['vms']>[number]
> = {}): Promise<World> => {
  const disks = [
    { capacityBytes: 8 * MiB, format: 'thin' as const },
    { capacityBytes: 4 * MiB, format: 'thin' as const },
  ]
  return World.start({ seed: 'memory', mode, vms: [{ name: 'web', disks, memoryMb: 16, ...vm }] })
}

export async function bytesOf(source: {
  readonly sizeBytes: number
  read(offsetBytes: number, target: Uint8Array): Promise<void>
}): Promise<Buffer> {
  const bytes = Buffer.alloc(source.sizeBytes)
  await source.read(0, bytes)
  return bytes
}

export interface BackedUp {
  readonly report: VmReport
  readonly point: VmPoint
  /** What the disks held when the snapshot was taken. */
  readonly instant: Instant
  /** What the guest had in memory then. */
  readonly atInstant: Buffer
}

/** Backs the VM up while its guest goes on. */
export async function backUpWithMemory(
  world: World,
  change: Partial<BackupOptions> = { memory: 'prefer' },
): Promise<BackedUp> {
  const vm = world.lab.vm('web')
  const atInstant = await bytesOf(vm.memory()!)
  const { report, instant } = await world.backupAtInstant('web', change, {
    onEvent: (event) => {
      if (event.type === 'disk-phase' && event.phase === 'read') void vm.disk().writeGuest(0, Buffer.from('on'))
    },
  })
  expect(report.outcome).toBe('ok')
  return { report: report.vms[0]!, instant, atInstant, point: await world.point(report.vms[0]!.point) }
}

export async function removeOriginal({ session, lab }: World): Promise<void> {
  const { ref } = lab.vm('web')
  await powerOff(session, ref)
  await waitForTask(session, await session.call('Destroy_Task', { _this: ref }))
}

/** Every file of the datastores, so that what is left shows. */
export const filesOf = ({ lab }: World): string[] =>
  lab.storage.datastores.flatMap((datastore) => {
    const under = (folder: string): string[] =>
      datastore.list(folder).flatMap(({ name, kind }) => {
        const path = folder === '' ? name : `${folder}/${name}`
        return kind === 'folder' ? under(path) : [`[${datastore.name}] ${path}`]
      })
    return under('')
  })
