// VMware's library as the lab's VMs see it: what it reads is the snapshot's disk, put into files when a disk is about to be opened.
import { writeFile } from 'node:fs/promises'
import type { Lab } from '@vmkeep/lab'
import type { FakeVddk } from '@vmkeep/vddk/testing'
import type { Session } from '@vmkeep/vsphere'

type Disk = ReturnType<Lab['vm']>['disks'][number]

/** The session of somebody whose library finds the disks of a VM at the newest snapshot, or as they are now. */
export function sessionWithDisks(session: Session, lab: Lab, vm: string, fake: FakeVddk): Session {
  return withHandOver(session, () => writeDisks(lab, vm, fake))
}

/** The library is handed a session before each disk it opens. */
function withHandOver(session: Session, before: () => Promise<void>): Session {
  return new Proxy(session, {
    get(target, key) {
      if (key === 'handOver')
        return async (signal?: AbortSignal) => {
          await before()
          return await target.handOver(signal)
        }
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}

const written = new WeakMap<FakeVddk, Map<string, Promise<void>>>()

/** Each file once: what is read later must not change beneath. */
export async function writeDisks(lab: Lab, vm: string, fake: FakeVddk): Promise<void> {
  const handle = lab.vm(vm)
  const done = written.get(fake) ?? new Map<string, Promise<void>>()
  written.set(fake, done)
  const snapshot = handle.snapshots.at(-1)
  const writing = handle.disks.map((disk) => {
    const path = snapshot === undefined ? disk.backing.fileName : disk.backing.parent!.fileName
    const key = `${path} ${snapshot?.id}`
    if (!done.has(key)) done.set(key, writeDisk(handle, disk, snapshot?.id, fake.fileOf(path)))
    return done.get(key)!
  })
  await Promise.all(writing)
}

async function writeDisk(
  vm: ReturnType<Lab['vm']>,
  disk: Disk,
  snapshot: string | undefined,
  file: string,
): Promise<void> {
  const image = Buffer.alloc(disk.capacityBytes)
  if (snapshot === undefined) await disk.readGuest(0, image)
  else await vm.frozenView(snapshot, disk.key).read(0, image)
  await writeFile(file, image)
  await writeFile(`${file}.ddb`, `adapterType=lsilogic\nuuid=${disk.backing.uuid}\n`)
}

/** The disks as they are now, under the names that a snapshot taken next will have for them. */
export async function writeDisksOfNow(lab: Lab, vm: string, fake: FakeVddk): Promise<void> {
  const handle = lab.vm(vm)
  for (const disk of handle.disks) await writeDisk(handle, disk, undefined, fake.fileOf(disk.backing.fileName))
}
