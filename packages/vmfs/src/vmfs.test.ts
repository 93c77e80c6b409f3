import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { type DiskReader, type Extent, MemoryDisk, openBlockDevice, whole } from '@vmkeep/disk'
import { type DiskContent, diskReaderContract, imageOf, sampleContent } from '@vmkeep/disk/testing'
import { codeOf, collect, FormatError } from '@vmkeep/kit'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { readAddress } from './address-format.ts'
import type { Geometry } from './fs-header-format.ts'
import { openPartition } from './partition.ts'
import { buildVmfs, type NewFile } from './testing/index.ts'
import { formatVmfsUuid, parseVmfsUuid } from './uuid.ts'
import { VmfsVolume } from './volume.ts'

const mib = 2 ** 20
const uuid = '68626f2d-90e23158-8a2e-bc2411b17e28'
let folder: string
let made = 0
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vmkeep-vmfs-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function luns(files: readonly NewFile[], count = 1): Promise<string[]> {
  const devices = Array.from({ length: count }, () => join(folder, `lun-${made++}`))
  await buildVmfs({ label: 'datastore', uuid, files, devices, isPartitioned: true })
  return devices
}

async function volumeOf(devices: readonly string[], change = (disk: DiskReader) => disk): Promise<VmfsVolume> {
  const parts = devices.map(async (name) => ({
    name,
    disk: change(await openPartition(await openBlockDevice(name), 1, name)),
  }))
  return VmfsVolume.open(await Promise.all(parts))
}

async function diskOf({ capacityBytes, runs }: DiskContent): Promise<MemoryDisk> {
  const disk = new MemoryDisk(capacityBytes)
  for (const { offsetBytes, bytes } of runs) await disk.write(offsetBytes, bytes)
  return disk
}

for (const [how, wish, count] of [
  ['thin', {}, 1],
  ['lazily zeroed, on two LUNs', { format: 'lazy' }, 2],
  ['eagerly zeroed', { format: 'eager' }, 1],
  ['in large blocks', { inLargeBlocks: true }, 1],
  ['through pointer blocks', { through: 'pointer-blocks' }, 1],
  ['through pointer blocks of pointer blocks', { through: 'double-pointer-blocks' }, 1],
] as const)
  diskReaderContract(`a file of a VMFS, ${how},`, async (content) => {
    const filler: NewFile = { path: 'filler', content: new MemoryDisk(300 * mib), format: 'lazy' } // all of the first LUN
    const file = { path: 'web/web-flat.vmdk', content: await diskOf(content), ...wish }
    const devices = await luns(count === 1 ? [file] : [filler, file], count)
    const volume = await volumeOf(devices)
    onTestFinished(() => volume[Symbol.asyncDispose]())
    return volume.openFile('web/web-flat.vmdk')
  })

diskReaderContract('a file of a VMFS that lies in its descriptor', async () => {
  const content = sampleContent()
  const devices = await luns([{ path: 'small', content: await diskOf(content) }])
  const volume = await volumeOf(devices)
  onTestFinished(() => volume[Symbol.asyncDispose]())
  return volume.openFile('small')
})

describe('a volume', () => {
  it('says what it is, and what is in it', async () => {
    const names = Array.from({ length: 60 }, (_, i) => `web/${i}.log`)
    await using volume = await volumeOf(await luns(names.map((path) => ({ path, content: Buffer.from(path) }))))
    expect(volume).toMatchObject({ uuid, label: 'datastore', version: '6.82' })
    const entries = await volume.list('/web')
    expect(new Set(entries.map(({ name }) => `web/${name}`))).toEqual(new Set(names))
    for (const name of names) {
      const file = await volume.openFile(name)
      const bytes = Buffer.alloc(file.capacityBytes)
      await file.read(0, bytes)
      expect(bytes.toString()).toBe(name)
    }
  })

  it('calls neither holes nor blocks that are to be zeroed allocated', async () => {
    const content = new MemoryDisk(8 * mib)
    await content.write(5 * mib, Buffer.from('x'))
    const files = (['thin', 'lazy'] as const).map((format) => ({ path: format, content, format }))
    await using volume = await volumeOf(await luns(files))
    for (const path of ['thin', 'lazy']) {
      const file = await volume.openFile(path)
      expect(await collect(file.allocated(whole(8 * mib)))).toEqual([{ offsetBytes: 5 * mib, lengthBytes: mib }])
    }
  })

  it('has no file that it does not have', async () => {
    await using volume = await volumeOf(await luns([{ path: 'web/a', content: Buffer.from('a') }]))
    for (const path of ['web/b', 'db', 'web/a/b'])
      await expect(volume.openFile(path)).rejects.toMatchObject({ code: expect.stringMatching(/^vmfs\./) })
    await expect(volume.openFile('web')).rejects.toMatchObject({ code: 'vmfs.unsupported' })
  })

  it('is refused without one of its LUNs, or with one twice', async () => {
    const [first, second] = (await luns(
      [
        { path: 'a', content: Buffer.from('a') },
        { path: 'b', content: new MemoryDisk(600 * mib), format: 'lazy' },
      ],
      2,
    )) as [string, string]
    for (const devices of [[first], [second], [first, first], [first, second, second]])
      await expect(volumeOf(devices)).rejects.toMatchObject({ code: 'vmfs.device-missing' })
    await using whole = await volumeOf([second, first])
    expect(whole.label).toBe('datastore')
  })

  it('closes its devices when it cannot be opened', async () => {
    const disk = new MemoryDisk(32 * mib)
    await expect(VmfsVolume.open([{ disk, name: 'zeroes' }])).rejects.toMatchObject({ code: 'vmfs.damaged' })
    await expect(disk.read(0, new Uint8Array(1))).rejects.toMatchObject({ code: 'disk.closed' })
  })
})

describe('a file that hosts change', () => {
  it.each([
    ['grows', (copy: Buffer, at: number) => copy.writeBigUInt64LE(9_000_000n, at + 4096 + 0x14), /lengthBytes/],
    [
      'is given other blocks',
      (copy: Buffer, at: number) => copy.writeUInt8(0xff, at + 8192 - 2560 + 7),
      /other blocks/,
    ],
    ['is replaced', (copy: Buffer, at: number) => copy.writeUInt32LE(7, at + 4096 + 4), /generation/],
  ])('and that %s says so', async (_how, change, fact) => {
    const content = await diskOf(sampleContent())
    const [device] = (await luns([{ path: 'flat', content }])) as [string]
    await using volume = await volumeOf([device])
    const file = await volume.openFile('flat')
    expect(await file.changed()).toBeUndefined()
    await changeDescriptor(device, change)
    expect(await file.changed()).toMatch(fact)
  })

  /** The last file descriptor is that of the only file. */
  async function changeDescriptor(device: string, change: (copy: Buffer, at: number) => void): Promise<void> {
    await using handle = await open(device, 'r+')
    const atBytes = mib + 0x110_0000 + 7 * mib + 65_536 + 65_536 + 44 * 8192
    const bytes = Buffer.alloc(8192)
    await handle.read(bytes, 0, bytes.length, atBytes)
    expect(bytes.subarray(4096 + 0x64, 4096 + 0x68).toString('latin1')).toBe('dmdf')
    change(bytes, 0)
    await handle.write(bytes, 0, bytes.length, atBytes)
  }

  it('and whose lock or times change is the same file', async () => {
    const [device] = (await luns([{ path: 'flat', content: await diskOf(sampleContent()) }])) as [string]
    await using volume = await volumeOf([device])
    const file = await volume.openFile('flat')
    await changeDescriptor(device, (copy, at) => {
      copy.fill(0x77, at, at + 512)
      copy.writeUInt32LE(0x7777_7777, at + 4096 + 0x2c)
    })
    expect(await file.changed()).toBeUndefined()
  })
})

describe('a damaged volume', () => {
  const image = imageOf(sampleContent())

  it('reads or is refused with a code, wherever a byte is another; memory stays bounded', async () => {
    const content = await diskOf(sampleContent())
    const devices = await luns([
      { path: 'web/thin', content, through: 'double-pointer-blocks' },
      { path: 'web/large', content, inLargeBlocks: true },
      { path: 'web/text', content: Buffer.from('a few bytes') },
    ])
    const looked: number[] = []
    await outcome(devices, (disk) => new Watched(disk, (atBytes) => looked.push(atBytes)))
    const flip = fc.tuple(fc.nat(looked.length - 1), fc.nat(700), fc.integer({ min: 1, max: 255 }))
    const codes = new Set<string | undefined>()
    await fc.assert(
      fc.asyncProperty(fc.array(flip, { minLength: 1, maxLength: 3 }), async (flips) => {
        const changed = new Map(flips.map(([index, offset, mask]) => [looked[index]! + offset, mask]))
        codes.add(await outcome(devices, (disk) => new Flipped(disk, changed)))
      }),
      { numRuns: 60 },
    )
    for (const code of codes)
      expect([undefined, 'vmfs.damaged', 'vmfs.unsupported', 'vmfs.not-found', 'vmfs.device-missing']).toContain(code)
  })

  it('is refused wherever it was cut short', async () => {
    const devices = await luns([{ path: 'web/thin', content: await diskOf(sampleContent()) }])
    for (const capacityBytes of [0, 100, 0x10_0000, 0x10_0000 + 100, 0x18_2000, 17 * mib, 20 * mib, 24 * mib, 30 * mib])
      expect([capacityBytes, await outcome(devices, (disk) => new Cut(disk, capacityBytes))]).toEqual([
        capacityBytes,
        'vmfs.damaged',
      ])
  })

  /** Opens everything and reads it; the code of what stopped it. */
  async function outcome(
    devices: readonly string[],
    change: (disk: DiskReader) => DiskReader,
  ): Promise<string | undefined> {
    try {
      await using volume = await volumeOf(devices, change)
      for (const { name } of await volume.list('web')) {
        const file = await volume.openFile(`web/${name}`)
        await collect(file.allocated({ offsetBytes: 0, lengthBytes: Math.min(file.capacityBytes, 64 * mib) }))
        await file.read(0, Buffer.alloc(Math.min(file.capacityBytes, image.length)))
      }
      return undefined
    } catch (error) {
      const code = codeOf(error)
      if (code === undefined) throw error
      return code
    }
  }
})

class Watched implements DiskReader {
  readonly capacityBytes: number
  readonly sectorSizeBytes: number
  readonly disk: DiskReader
  readonly #onRead: (offsetBytes: number) => void
  constructor(disk: DiskReader, onRead: (offsetBytes: number) => void) {
    this.disk = disk
    this.#onRead = onRead
    this.capacityBytes = disk.capacityBytes
    this.sectorSizeBytes = disk.sectorSizeBytes
  }
  async read(offsetBytes: number, target: Uint8Array): Promise<void> {
    this.#onRead(offsetBytes)
    await this.disk.read(offsetBytes, target)
  }
  allocated(within: Extent): AsyncIterable<Extent> {
    return this.disk.allocated(within)
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.disk[Symbol.asyncDispose]()
  }
}

class Flipped extends Watched {
  readonly #changed: ReadonlyMap<number, number>
  constructor(disk: DiskReader, changed: ReadonlyMap<number, number>) {
    super(disk, () => {})
    this.#changed = changed
  }
  override async read(offsetBytes: number, target: Uint8Array): Promise<void> {
    await this.disk.read(offsetBytes, target)
    for (const [atBytes, mask] of this.#changed)
      if (atBytes >= offsetBytes && atBytes < offsetBytes + target.length) target[atBytes - offsetBytes]! ^= mask
  }
}

class Cut extends Watched {
  override readonly capacityBytes: number
  constructor(disk: DiskReader, capacityBytes: number) {
    super(disk, () => {})
    this.capacityBytes = capacityBytes
  }
}

describe('an address of VMFS 6', () => {
  const geometry = {
    generation: 6,
    addressBytes: 8,
    fileBlockBytes: mib,
    largeBlockBytes: 512 * mib,
    smallBlocksPerCluster: 512,
  } as Geometry
  const target = (address: bigint, granularityBytes = mib) => {
    const table = Buffer.alloc(8)
    table.writeBigUInt64LE(address)
    return readAddress(table, 0, geometry, granularityBytes)
  }

  it.each([
    ['a hole', 0n, { kind: 'hole' }],
    [
      'a small block',
      1n | (3n << 15n) | (7n << 51n),
      { volumeOffsetBytes: (3 * 512 + 7) * mib, blockBytes: mib, isZero: false },
    ],
    ['a large block', 7n | (3n << 15n), { volumeOffsetBytes: 3 * 512 * mib, blockBytes: 512 * mib, isZero: false }],
    ['a small block to be zeroed', 1n | (1n << 7n), { isZero: true }],
    ['a large block all of which is to be zeroed', 7n | (0xffn << 7n), { isZero: true }],
    ['a sub-block', 2n | (0x123n << 6n) | (9n << 56n), { kind: 'sub-block', cluster: 0x123, resource: 9 }],
    ['a pointer block', 5n | (1n << 41n), { kind: 'pointer-block-2', cluster: 2 ** 35, resource: 0 }],
  ])('of %s is understood', (_what, address, expected) => expect(target(address)).toMatchObject(expected))

  it.each([
    ['is in part to be zeroed', 7n | (3n << 7n), mib],
    ['is in part to be zeroed, in parts smaller than a block', 1n | (1n << 7n), 4096],
    ['has a flag of disputed meaning', 1n | (1n << 5n), mib],
    ['has unknown bits', 1n | (1n << 46n), mib],
    ['is of an unknown kind', 6n, mib],
    ['names a block beyond its cluster', 1n | (512n << 51n), mib],
  ])('that %s is refused', (_what, address, granularityBytes) =>
    expect(() => target(address, granularityBytes)).toThrow(FormatError),
  )
})

it('writes the identity of a volume as vSphere does', () => {
  expect(formatVmfsUuid(parseVmfsUuid(uuid)!)).toBe(uuid)
  expect(parseVmfsUuid('nfs-share')).toBeUndefined()
})

it('finds no partition where there is none', async () => {
  const [device] = (await luns([{ path: 'a', content: Buffer.from('a') }])) as [string]
  for (const number of [0, 2, 129])
    await expect(openPartition(await openBlockDevice(device), number, 'lun')).rejects.toMatchObject({
      code: 'vmfs.damaged',
    })
  await expect(openPartition(new MemoryDisk(mib), 1, 'lun')).rejects.toMatchObject({ code: 'vmfs.damaged' })
})
