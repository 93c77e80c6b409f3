// What opens a VM's disk keeps the contract of all disks, against a lab: tickets from vSphere, bytes over NFC or from files.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DiskReader, MemoryDisk } from '@vmkeep/disk'
import { type DiskContent, diskReaderContract, diskWriterContract } from '@vmkeep/disk/testing'
import { seededRandom, systemClock } from '@vmkeep/kit'
import { type Lab, type LabOptions, startLab } from '@vmkeep/lab'
import {
  openVmDisk,
  openVmDiskForWriting,
  prepareTransports,
  type TransportSettings,
  type VmDiskReader,
  type VmDiskRequest,
} from '@vmkeep/transport'
import { expect, it, onTestFinished } from 'vitest'
import { makeLun } from '../support/make-lun.ts'
import { mountDisks } from '../support/mount-datastore.ts'
import { proxy } from '../support/proxy.ts'
import { openLabSession } from '../support/world.ts'

const compressions = ['none', 'zlib', 'skipz'] as const
const ways = (['nbdssl', 'nbd'] as const).flatMap((name) =>
  compressions.map((compression) => ({ order: [name], compression })),
)

for (const settings of ways) {
  const name = `a VM's disk over ${settings.order[0]}, compression ${settings.compression},`
  diskReaderContract(name, async (content) => openVmDisk(await requestFor(await holding(content), settings)))
  diskWriterContract(name, async (capacityBytes) => {
    const request = await requestFor(new MemoryDisk(capacityBytes), settings)
    return { disk: await openVmDiskForWriting(request), reopen: () => openVmDisk(request) }
  })
}

diskReaderContract("a VM's disk on a datastore that is mounted here", async (content) => {
  const folder = await mkdtemp(join(tmpdir(), 'vmkeep-mounted-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const settings = { order: ['file'], compression: 'none', mountedDatastores: { 'shared-1': folder } } as const
  const source = await holding(content)
  return openVmDisk(await requestFor(source, settings, (lab) => mountDisks(lab, 'web', folder)))
})

for (const mode of ['vcenter', 'esxi'] as const)
  diskReaderContract(`a VM's disk through a lease of a ${mode}`, async (content) => {
    const settings = { order: ['lease'], compression: 'none' } as const
    return openVmDisk(await requestFor(await holding(content), settings, undefined, { mode }))
  })
diskReaderContract("a VM's disk that is attached to the machine we run on", async (content) => {
  const machineRoot = await mkdtemp(join(tmpdir(), 'vmkeep-machine-'))
  onTestFinished(() => rm(machineRoot, { recursive: true }))
  const settings = { order: ['hotadd'], compression: 'none', machineRoot } as const
  const request = await requestFor(await holding(content), settings, (lab) => lab.vm('proxy').appearsIn(machineRoot))
  const { signal } = request
  return openVmDisk({ ...request, settings: await prepareTransports(request.session, settings, signal) })
})

diskReaderContract("a VM's disk on a LUN", async (content) => {
  const folder = await mkdtemp(join(tmpdir(), 'vmkeep-san-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const settings = { order: ['san'], compression: 'none', lunFolder: join(folder, 'by-id') } as const
  const prepare = async (lab: Lab) => void (await makeLun(lab, 'web', folder))
  return openVmDisk(await requestFor(await holding(content), settings, prepare))
})

it('says of everything asked of a closed disk that it is closed', async () => {
  const request = await requestFor(new MemoryDisk(1024 * 1024), { order: ['nbd'], compression: 'none' })
  const disk = await openVmDiskForWriting(request)
  await disk[Symbol.asyncDispose]()
  await expect(disk.write(0, new Uint8Array(512))).rejects.toMatchObject({ code: 'disk.closed' })
  await expect(disk.finish()).rejects.toMatchObject({ code: 'disk.closed' })
  const reader = await openVmDisk(request)
  await reader[Symbol.asyncDispose]()
  await expect(extentsOf(reader, 0)).rejects.toMatchObject({ code: 'disk.closed' })
  await expect(reader.metadata()).rejects.toMatchObject({ code: 'disk.closed' })
})

it('refuses to tell what is allocated outside the disk', async () => {
  await using disk = await openVmDisk(
    await requestFor(new MemoryDisk(1024 * 1024), { order: ['nbd'], compression: 'none' }),
  )
  await expect(extentsOf(disk, 512)).rejects.toMatchObject({ code: 'disk.out-of-range' })
})

it('fails what is under way when a disk is closed', async () => {
  const disk = await openVmDisk(
    await requestFor(new MemoryDisk(64 * 1024 * 1024), { order: ['nbdssl'], compression: 'none' }),
  )
  const reading = disk.read(0, Buffer.alloc(disk.capacityBytes))
  const failed = expect(reading).rejects.toMatchObject({ code: 'disk.closed' })
  await disk[Symbol.asyncDispose]()
  await failed
})

async function extentsOf(disk: VmDiskReader, offsetBytes: number): Promise<void> {
  for await (const _ of disk.allocated({ offsetBytes, lengthBytes: disk.capacityBytes })) continue
}

async function holding({ capacityBytes, runs }: DiskContent): Promise<MemoryDisk> {
  const disk = new MemoryDisk(capacityBytes)
  for (const { offsetBytes, bytes } of runs) await disk.write(offsetBytes, bytes)
  return disk
}

const emptyDisk = () => ({ capacityBytes: 2 ** 20, source: new MemoryDisk(2 ** 20) })

/** The one disk of a VM that is off, in a lab of its own that ends with the test. */
async function requestFor(
  source: DiskReader,
  settings: TransportSettings,
  prepare: (lab: Lab) => Promise<void> = async () => {},
  options: LabOptions = {},
): Promise<VmDiskRequest> {
  const { capacityBytes } = source
  const lab = await startLab({
    vms: [{ name: 'web', power: 'off', disks: [{ capacityBytes }] }, proxy],
    openDisk: async (vm) => (vm === 'web' ? { capacityBytes, source } : emptyDisk()),
    ...options,
  })
  onTestFinished(() => lab[Symbol.asyncDispose]())
  await prepare(lab)
  const session = await openLabSession(lab)
  onTestFinished(() => session[Symbol.asyncDispose]())
  const { ref, disks } = lab.vm('web')
  return {
    session,
    vm: ref,
    deviceKey: disks[0]!.key,
    path: disks[0]!.backing.fileName,
    capacityBytes,
    settings,
    attachments: { intend: async () => ({ gone: async () => {}, left: (error) => expect.unreachable(String(error)) }) },
    clock: systemClock,
    random: seededRandom('contract'),
    onReconnect: (cause) => expect.unreachable(String(cause)),
    onFallback: ({ cause }) => expect.unreachable(String(cause)),
    signal: new AbortController().signal,
  }
}
