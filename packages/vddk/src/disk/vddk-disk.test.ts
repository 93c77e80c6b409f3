// A disk by the make-believe library keeps the contract of all disks, also while the library goes down.
import { truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type DiskReader, whole } from '@vmkeep/disk'
import { bytesOf, diskReaderContract, diskWriterContract, imageOf, sampleContent } from '@vmkeep/disk/testing'
import { collect, systemClock } from '@vmkeep/kit'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { VddkPool } from '../client/vddk-pool.ts'
import { findLibrary } from '../library/find-library.ts'
import { type FakeVddk, temporaryFake, whyNoFakeVddk } from '../testing.ts'
import { OpenedVddkDisk } from './opened-disk.ts'
import { VddkDisk } from './vddk-disk.ts'

const why = await whyNoFakeVddk()
const path = '[ds] web/web.vmdk'
const content = sampleContent()
const image = imageOf(content)
const { capacityBytes } = content
const login = { server: 'vc', port: 443, nfcHostPort: 902, thumbprint: 'AA', username: 'u', cookie: 'c', vm: 'vm-1' }

let fake: FakeVddk
let reopened: unknown[]
let unknown: unknown[]

const fresh = async () => {
  fake = await temporaryFake()
  onTestFinished(() => fake[Symbol.asyncDispose]())
  reopened = []
  unknown = []
}

async function open(
  bytes: Uint8Array | number = image,
  {
    access = 'read',
    silenceMs = 60_000,
    pool = new VddkPool(),
  }: { access?: 'read' | 'write'; silenceMs?: number; pool?: VddkPool } = {},
): Promise<VddkDisk> {
  await writeFile(fake.fileOf(path), typeof bytes === 'number' ? '' : bytes)
  const capacity = typeof bytes === 'number' ? bytes : bytes.length
  await truncate(fake.fileOf(path), capacity)
  const process = { library: findLibrary(fake.root), clock: systemClock, cacheFolder: join(fake.folder, 'cache') }
  const place = { path, capacityBytes: capacity, snapshot: 'snapshot-1', access, transports: 'nbdssl' } as const
  const disk = await VddkDisk.open({
    path,
    open: async () => OpenedVddkDisk.open(await pool.acquire('host', process), login, place),
    silenceMs,
    onReopen: (cause) => reopened.push(cause),
    onAllocationUnknown: (cause) => unknown.push(cause),
  })
  onTestFinished(() => disk[Symbol.asyncDispose]())
  return disk
}

const calls = async (name: string) => (await fake.calls()).filter(({ call }) => call.split(' ')[0] === name)
const extents = (disk: DiskReader, within = whole(disk.capacityBytes)) => collect(disk.allocated(within))

describe.skipIf(why !== undefined)('by the library', () => {
  diskReaderContract('a disk', async () => {
    await fresh()
    return open()
  })

  diskWriterContract('a disk', async (capacity) => {
    await fresh()
    const pool = new VddkPool()
    const disk = await open(capacity, { access: 'write', pool })
    const process = { library: findLibrary(fake.root), clock: systemClock, cacheFolder: join(fake.folder, 'cache') }
    const place = { path, capacityBytes: capacity, access: 'read', transports: 'nbdssl' } as const
    const reopen = async () =>
      VddkDisk.open({
        path,
        open: async () => OpenedVddkDisk.open(await pool.acquire('host', process), login, place),
        silenceMs: 60_000,
        onReopen: (cause) => expect.unreachable(String(cause)),
        onAllocationUnknown: (cause) => expect.unreachable(String(cause)),
      })
    return { disk, reopen }
  })
})

describe.skipIf(why !== undefined)('a disk by the library', () => {
  beforeEach(fresh)

  it('is opened for reading, at the snapshot, with the session’s cookie', async () => {
    await open()
    const [connect] = await calls('ConnectEx')
    expect(connect!.call).toMatch(/moref=vm-1 ro cookie snapshot snapshot-1 modes nbdssl/)
    expect((await calls('Open'))[0]!.call).toMatch(/flags 4$/)
  })

  it('reads what was owed again in a fresh process, once', async () => {
    const disk = await open()
    await fake.rules('asyncRead 3 crash!')
    expect(image.equals(await bytesOf(disk, whole(capacityBytes)))).toBe(true)
    expect(reopened).toMatchObject([{ code: 'vddk.child-died' }])
  })

  it('gives up when the fresh process goes down, too', async () => {
    const disk = await open()
    await fake.rules('asyncRead 2 crash')
    await expect(bytesOf(disk, whole(capacityBytes))).rejects.toMatchObject({ code: 'vddk.child-died' })
    expect(reopened).toHaveLength(1)
  })

  it('is read on after the library hung', async () => {
    const disk = await open(image, { silenceMs: 300 })
    await fake.rules('asyncRead 2 hang!')
    expect(image.equals(await bytesOf(disk, whole(capacityBytes)))).toBe(true)
    expect(reopened).toMatchObject([{ code: 'vddk.child-hung' }])
  })

  it('of another size than it was is not read on', async () => {
    const disk = await open()
    await truncate(fake.fileOf(path), capacityBytes + 512)
    await fake.rules('asyncRead 1 crash')
    await expect(bytesOf(disk, whole(capacityBytes))).rejects.toMatchObject({ code: 'vddk.disk-changed' })
  })

  it('asks for what is allocated in whole chunks, and calls the rest of the disk allocated', async () => {
    const disk = await open()
    expect(await extents(disk)).toEqual([
      { offsetBytes: 0, lengthBytes: 262_144 },
      { offsetBytes: 2 * 1024 * 1024, lengthBytes: 262_144 },
      { offsetBytes: 4 * 1024 * 1024, lengthBytes: 512 },
    ])
    expect((await calls('QueryAllocatedBlocks')).map(({ call }) => call)).toEqual(['QueryAllocatedBlocks 0 8192 512'])
  })

  it('asks for what is allocated once, until something is written', async () => {
    const disk = await open(image, { access: 'write' })
    const sample = await extents(disk, { offsetBytes: 2 * 1024 * 1024, lengthBytes: 512 * 1024 })
    expect(sample).toEqual([{ offsetBytes: 2 * 1024 * 1024, lengthBytes: 262_144 }])
    const all = await extents(disk)
    expect(await extents(disk)).toEqual(all)
    const asked = async () => (await calls('QueryAllocatedBlocks')).map(({ call }) => call)
    expect(await asked()).toEqual([
      'QueryAllocatedBlocks 4096 1024 512',
      'QueryAllocatedBlocks 0 4096 512',
      'QueryAllocatedBlocks 5120 3072 512',
    ])
    await disk.write(1024 * 1024, Buffer.alloc(512, 'new'))
    expect(await extents(disk)).toContainEqual({ offsetBytes: 1024 * 1024, lengthBytes: 262_144 })
    expect(await asked()).toHaveLength(4)
  })

  it('calls everything allocated from where the library no longer tells', async () => {
    const disk = await open()
    await fake.rules('QueryAllocatedBlocks 1 error 6')
    expect(await extents(disk)).toEqual([whole(capacityBytes)])
    expect(unknown).toMatchObject([{ code: 'vddk.not-supported' }])
  })

  it('asks again in a fresh process for what is allocated', async () => {
    const disk = await open()
    await fake.rules('QueryAllocatedBlocks 1 crash!')
    expect(await extents(disk)).toHaveLength(3)
    expect([reopened.length, unknown]).toEqual([1, []])
  })

  it('of 4096-byte sectors is read and written in those', async () => {
    await fake.configure({ sector: 4096 })
    const big = Buffer.concat([image, Buffer.alloc(4096 - 512)])
    const disk = await open(big, { access: 'write' })
    expect(disk.sectorSizeBytes).toBe(4096)
    expect(big.subarray(5000, 5100).equals(await bytesOf(disk, { offsetBytes: 5000, lengthBytes: 100 }))).toBe(true)
    await Promise.all([disk.write(9000, Buffer.alloc(10, 'a')), disk.write(9010, Buffer.alloc(5000, 'b'))])
    expect((await bytesOf(disk, { offsetBytes: 8999, lengthBytes: 30 })).toString('latin1', 1, 16)).toBe(
      'a'.repeat(10) + 'bbbbb',
    )
  })

  it('of one host share a process, that ends with the last of them', async () => {
    const pool = new VddkPool()
    const [one, two] = [await open(image, { pool }), await open(image, { pool })]
    await one[Symbol.asyncDispose]()
    expect(image.equals(await bytesOf(two, whole(capacityBytes)))).toBe(true)
    await two[Symbol.asyncDispose]()
    expect(await calls('InitEx')).toHaveLength(1)
    expect((await fake.calls()).map(({ call }) => call).slice(-4)).toEqual(['Wait', 'Close', 'Disconnect', 'Exit'])
  })

  it('that cannot be written says so and is not written twice when the process goes down', async () => {
    const disk = await open(image, { access: 'write' })
    await fake.rules('WriteAsync 1 crash')
    await expect(disk.write(0, Buffer.alloc(512))).rejects.toMatchObject({ code: 'vddk.child-died' })
    expect(reopened).toEqual([])
  })
})
