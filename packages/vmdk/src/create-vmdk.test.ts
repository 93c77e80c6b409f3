import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { type DiskWriter, MemoryDisk, whole } from '@vmkeep/disk'
import { bytesOf } from '@vmkeep/disk/testing'
import { collect, seededRandom } from '@vmkeep/kit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createVmdk, vmdkKinds } from './create-vmdk.ts'
import { decodeDescriptor } from './descriptor-bytes.ts'
import { openVmdk } from './open-vmdk.ts'

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vmkeep-create-'))
  path = join(folder, 'disk.vmdk')
})
afterEach(() => rm(folder, { recursive: true }))

const MiB = 1024 * 1024
const noise = (seed: string, sizeBytes: number) => seededRandom(seed).bytes(sizeBytes)

describe.each(vmdkKinds)('a new %s VMDK', (kind) => {
  it('has no name before it is finished, and leaves nothing when abandoned', async () => {
    const disk = await createVmdk(path, { kind, capacityBytes: MiB })
    await disk.write(0, noise('a', 100_000))
    expect((await readdir(folder)).every((name) => name.endsWith('.partial'))).toBe(true)
    await disk[Symbol.asyncDispose]()
    expect(await readdir(folder)).toEqual([])
    await expect(disk.write(0, new Uint8Array(1))).rejects.toMatchObject({ code: 'disk.closed' })
  })

  it('replaces nothing', async () => {
    await writeFile(path, 'mine')
    await expect(createVmdk(path, { kind, capacityBytes: MiB })).rejects.toMatchObject({ code: 'vmdk.file-exists' })
    expect(await readdir(folder)).toEqual(['disk.vmdk'])
  })

  it('replaces nothing that came meanwhile', async () => {
    await using disk = await createVmdk(path, { kind, capacityBytes: MiB })
    await writeFile(path, 'mine')
    await expect(disk.finish()).rejects.toMatchObject({ code: 'vmdk.file-exists' })
    await disk[Symbol.asyncDispose]()
    expect(await readFile(path, 'utf8')).toBe('mine')
    expect(await readdir(folder)).toEqual(['disk.vmdk'])
  })

  it('written by two at once belongs to the first who is done, whole', async () => {
    await using first = await createVmdk(path, { kind, capacityBytes: MiB })
    await using second = await createVmdk(path, { kind, capacityBytes: MiB })
    await Promise.all([first.write(0, noise('first', MiB)), second.write(0, noise('second', MiB))])
    await second.finish()
    await expect(first.finish()).rejects.toMatchObject({ code: 'vmdk.file-exists' })
    await first[Symbol.asyncDispose]()
    expect((await readdir(folder)).filter((name) => name.endsWith('.partial'))).toEqual([])
    await using disk = await openVmdk(path)
    expect((await bytesOf(disk, whole(MiB))).equals(noise('second', MiB))).toBe(true)
  })

  it('stops at an abort and can go on', async () => {
    await using disk = await createVmdk(path, { kind, capacityBytes: MiB })
    const reason = new Error('enough')
    await expect(disk.write(0, noise('a', 512), AbortSignal.abort(reason))).rejects.toBe(reason)
    await disk.write(0, noise('a', 512))
    await disk.finish()
  })

  it('says in its descriptor what it was told', async () => {
    const metadata = {
      adapterType: 'ide',
      uuid: '6000C29a-5cf5-8872-daa0-3de79d6750e2',
      contentId: 0x1234_5678,
      thinProvisioned: true,
      ddb: { 'ddb.longContentID': '0123456789abcdef0123456789abcdef' },
    }
    await using disk = await createVmdk(path, { kind, capacityBytes: 3 * MiB, metadata })
    await disk.finish()
    const bytes = await readFile(path)
    const descriptor = decodeDescriptor(kind === 'monolithicFlat' ? bytes : bytes.subarray(512, 512 * 21))
    expect(descriptor).toMatchObject({ createType: kind, cid: 0x1234_5678, extents: [{ sizeSectors: 6144 }] })
    expect(descriptor.ddb).toEqual({
      'ddb.adapterType': 'ide',
      'ddb.geometry.cylinders': '6',
      'ddb.geometry.heads': '16',
      'ddb.geometry.sectors': '63',
      'ddb.virtualHWVersion': '4',
      'ddb.uuid': '60 00 C2 9a 5c f5 88 72-da a0 3d e7 9d 67 50 e2',
      'ddb.thinProvisioned': '1',
      'ddb.longContentID': '0123456789abcdef0123456789abcdef',
    })
  })

  it.each([
    ['a capacity of no sectors', { capacityBytes: 0 }],
    ['a capacity of half a sector', { capacityBytes: 768 }],
    ['a capacity beyond all hosts', { capacityBytes: 2 ** 46 + 512 }],
    ['a UUID that is none', { capacityBytes: MiB, metadata: { uuid: 'disk 1' } }],
    ['a setting with a quote', { capacityBytes: MiB, metadata: { ddb: { 'ddb.x': 'a"b' } } }],
  ])('is refused with %s', async (_, request) => {
    await expect(createVmdk(path, { kind, ...request })).rejects.toMatchObject({ code: 'vmdk.bad-request' })
    expect(await readdir(folder)).toEqual([])
  })
})

describe('any order of writes', () => {
  const capacityBytes = 3 * 65_536 + 512
  const anyWrites = fc.array(
    fc.record({
      offsetBytes: fc.nat(capacityBytes - 1),
      lengthBytes: fc.integer({ min: 1, max: 100_000 }),
      zeroes: fc.boolean(),
    }),
    { maxLength: 8 },
  )

  it.each(['monolithicFlat', 'monolithicSparse'] as const)('reads back from a %s VMDK as from memory', async (kind) => {
    let runs = 0
    await fc.assert(
      fc.asyncProperty(anyWrites, async (writes) => {
        const model = new MemoryDisk(capacityBytes)
        const file = join(folder, `${runs++}.vmdk`)
        await using disk = await createVmdk(file, { kind, capacityBytes })
        for (const { offsetBytes, lengthBytes, zeroes } of writes) {
          const sizeBytes = Math.min(lengthBytes, capacityBytes - offsetBytes)
          const bytes = zeroes ? new Uint8Array(sizeBytes) : noise(`${offsetBytes}`, sizeBytes)
          await both([disk, model], offsetBytes, bytes)
        }
        await disk.finish()
        await using back = await openVmdk(file)
        expect((await bytesOf(back, whole(capacityBytes))).equals(await bytesOf(model, whole(capacityBytes)))).toBe(
          true,
        )
      }),
      { numRuns: 40 },
    )
  })
  const both = async (disks: DiskWriter[], offsetBytes: number, bytes: Uint8Array) => {
    for (const disk of disks) await disk.write(offsetBytes, bytes)
  }
})

describe('a sparse VMDK', () => {
  it('takes parallel writes, even into one grain', async () => {
    await using disk = await createVmdk(path, { kind: 'monolithicSparse', capacityBytes: 2 * MiB })
    const image = Buffer.from(noise('parallel', 2 * MiB))
    const parts = Array.from({ length: 64 }, (_, i) => (i * 37) % 64)
    await Promise.all(parts.map((i) => disk.write(i * 32_768, image.subarray(i * 32_768, (i + 1) * 32_768))))
    await disk.finish()
    await using back = await openVmdk(path)
    expect((await bytesOf(back, whole(2 * MiB))).equals(image)).toBe(true)
    expect((await stat(path)).size).toBe(65_536 + 2 * MiB)
  })

  it('gives zeroes no place, but hides what was there', async () => {
    await using disk = await createVmdk(path, { kind: 'monolithicSparse', capacityBytes: 64 * MiB })
    await disk.write(0, new Uint8Array(32 * MiB))
    await disk.write(40 * MiB, noise('grain', 65_536))
    await disk.write(40 * MiB + 512, new Uint8Array(512))
    await disk.finish()
    await using back = await openVmdk(path)
    expect(await collect(back.allocated(whole(64 * MiB)))).toEqual([{ offsetBytes: 40 * MiB, lengthBytes: 65_536 }])
    expect((await bytesOf(back, { offsetBytes: 40 * MiB + 512, lengthBytes: 512 })).every((byte) => byte === 0)).toBe(
      true,
    )
    expect((await stat(path)).size).toBe(2 * 65_536)
  })

  it('of 16 TiB takes no space for what was never written', async () => {
    const capacityBytes = 16 * 2 ** 40
    const places = [0, 2 ** 40, capacityBytes - 512]
    await using disk = await createVmdk(path, { kind: 'monolithicSparse', capacityBytes })
    for (const at of places) await disk.write(at, Buffer.from(`${at}`.padEnd(512)))
    await disk.finish()
    expect((await stat(path)).blocks * 512).toBeLessThan(8 * MiB)
    await using back = await openVmdk(path)
    for (const at of places)
      expect((await bytesOf(back, { offsetBytes: at, lengthBytes: 512 })).toString().trimEnd()).toBe(`${at}`)
    expect(await bytesOf(back, { offsetBytes: 2 ** 41, lengthBytes: 512 })).toEqual(Buffer.alloc(512))
  })
})

describe('a stream', () => {
  it('goes on filling a grain where the last write ended', async () => {
    const image = noise('pieces', 200_000)
    await using disk = await createVmdk(path, { kind: 'streamOptimized', capacityBytes: MiB })
    for (let at = 0; at < image.length; at += 7919) await disk.write(at, image.subarray(at, at + 7919))
    await disk.finish()
    await using back = await openVmdk(path)
    expect((await bytesOf(back, { offsetBytes: 0, lengthBytes: image.length })).equals(image)).toBe(true)
  })

  it('leaves out grains of zeroes and tables without grains', async () => {
    const capacityBytes = 2 ** 40
    await using disk = await createVmdk(path, { kind: 'streamOptimized', capacityBytes })
    await disk.write(0, new Uint8Array(4 * MiB))
    await disk.write(2 ** 39, Buffer.from('the middle'))
    await disk.write(capacityBytes - 512, Buffer.alloc(512, 7))
    await disk.finish()
    expect((await stat(path)).size).toBeLessThan(MiB)
    await using back = await openVmdk(path)
    expect(await collect(back.allocated(whole(capacityBytes)))).toEqual([
      { offsetBytes: 2 ** 39, lengthBytes: 65_536 },
      { offsetBytes: capacityBytes - 65_536, lengthBytes: 65_536 },
    ])
    expect((await bytesOf(back, { offsetBytes: 2 ** 39, lengthBytes: 10 })).toString()).toBe('the middle')
  })

  it('is never finished once the disk is full', async () => {
    const { StreamOptimizedWriter } = await import('./stream-optimized-writer.ts')
    let appended = 0
    let abandoned = 0
    const sink = {
      path: 'a full sink',
      append: async (bytes: Uint8Array) => {
        appended += bytes.length
        if (appended > 300_000) throw new Error('no space left')
      },
      publish: async () => expect.unreachable('published'),
      [Symbol.asyncDispose]: async () => void abandoned++,
    }
    const disk = await StreamOptimizedWriter.create(sink, {
      name: 'x',
      capacityBytes: MiB,
      metadata: {},
      grainsInFlightMax: 1,
    })
    await expect(disk.write(0, noise('full', MiB))).rejects.toThrow('no space left')
    await expect(disk.finish()).rejects.toMatchObject({ code: 'vmdk.writer-broken' })
    await disk[Symbol.asyncDispose]()
    expect(abandoned).toBe(1)
  })
})
