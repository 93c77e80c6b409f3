import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { diskReaderContract, imageOf, sampleContent } from '../testing.ts'
import { alignedMemory, AlignedPool, isAligned } from './aligned-memory.ts'
import { openBlockDevice } from './block-device.ts'
import { deviceNumber, factsOfDevice } from './device-facts.ts'

const run = promisify(execFile)
let folder: string
let files = 0
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vmkeep-block-device-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function fileOf(bytes: Uint8Array): Promise<string> {
  const path = join(folder, `device-${files++}`)
  await writeFile(path, bytes)
  return path
}

for (const caching of ['direct', 'buffered'] as const)
  diskReaderContract(`a file as a device, ${caching},`, async (content) =>
    openBlockDevice(await fileOf(imageOf(content)), { caching }),
  )

it('reads any run of a file of any length, into any memory', async () => {
  const image = imageOf(sampleContent())
  const aligned = alignedMemory(64 * 1024)
  await fc.assert(
    fc.asyncProperty(
      fc.nat(3_000_000),
      fc.nat(70_000),
      fc.nat(64 * 1024),
      fc.boolean(),
      async (size, at, length, inAligned) => {
        const offsetBytes = Math.min(at, size)
        const lengthBytes = Math.min(length, size - offsetBytes)
        const path = await fileOf(image.subarray(0, size))
        await using device = await openBlockDevice(path)
        const target = inAligned ? aligned.subarray(0, lengthBytes) : Buffer.alloc(lengthBytes)
        await device.read(offsetBytes, target)
        await rm(path)
        expect(image.subarray(offsetBytes, offsetBytes + lengthBytes).equals(target)).toBe(true)
      },
    ),
    { numRuns: 40 },
  )
})

it('fills aligned memory in place where the file system reads directly', async () => {
  const image = imageOf(sampleContent())
  await using device = await openBlockDevice(await fileOf(image))
  if (!device.isDirect) return
  expect(device.alignmentBytes).toBe(4096)
  const target = alignedMemory(1024 * 1024)
  expect(isAligned(target)).toBe(true)
  await device.read(8192, target)
  expect(image.subarray(8192, 8192 + target.length).equals(target)).toBe(true)
})

it('says where a file was cut short while it was open', async () => {
  const path = await fileOf(Buffer.alloc(1024 * 1024, 7))
  await using device = await openBlockDevice(path)
  await writeFile(path, Buffer.alloc(4096))
  await expect(device.read(0, Buffer.alloc(8192))).rejects.toMatchObject({ code: 'disk.short-read' })
})

it('lends each piece to one read at a time', async () => {
  const pool = new AlignedPool({ pieces: 2, pieceBytes: 4096 })
  const [first, second] = [await pool.lend(), await pool.lend()]
  const third = pool.lend()
  expect(first.bytes.byteOffset).not.toBe(second.bytes.byteOffset)
  first[Symbol.dispose]()
  first[Symbol.dispose]()
  expect((await third).bytes.byteOffset).toBe(first.bytes.byteOffset)
})

it('finds size and sector of a device, and of a partition, in sysfs', async () => {
  const sysRoot = join(folder, 'sys')
  const disk = join(sysRoot, 'dev/block', deviceNumber(0x810n))
  await mkdir(join(disk, 'queue'), { recursive: true })
  await writeFile(join(disk, 'size'), '8193\n')
  await writeFile(join(disk, 'queue/logical_block_size'), '4096\n')
  const stats = await stat(folder, { bigint: true })
  const device = Object.assign(Object.create(stats) as typeof stats, { rdev: 0x810n })
  expect(await factsOfDevice(device, sysRoot)).toEqual({ capacityBytes: 8193 * 512, sectorSizeBytes: 4096 })
  await writeFile(join(disk, 'size'), '\n')
  await expect(factsOfDevice(device, sysRoot)).rejects.toThrow('no number')
})

it('tells the numbers of a device as the kernel does', () => {
  expect(deviceNumber(0x810n)).toBe('8:16')
  expect(deviceNumber(0x10_3a01n)).toBe('58:257')
})

// Only root may make a loop device; elsewhere the contract above, on files, is what is shown.
it.runIf(process.getuid?.() === 0 && (await canLoop()))(
  'reads a real block device with an odd number of sectors',
  async () => {
    const image = imageOf(sampleContent())
    const { stdout } = await run('losetup', ['--find', '--show', '--read-only', await fileOf(image)])
    try {
      for (const caching of ['direct', 'buffered'] as const) {
        await using device = await openBlockDevice(stdout.trim(), { caching })
        expect(device).toMatchObject({
          capacityBytes: image.length,
          sectorSizeBytes: 512,
          isDirect: caching === 'direct',
        })
        const target = Buffer.alloc(image.length)
        await device.read(0, target)
        expect(target.equals(image)).toBe(true)
      }
    } finally {
      await run('losetup', ['--detach', stdout.trim()])
    }
  },
)

async function canLoop(): Promise<boolean> {
  const path = join(await mkdtemp(join(tmpdir(), 'vmkeep-loop-')), 'probe')
  await writeFile(path, Buffer.alloc(4096))
  const made = await run('losetup', ['--find', '--show', '--read-only', path]).catch(() => undefined)
  if (made !== undefined) await run('losetup', ['--detach', made.stdout.trim()])
  await rm(join(path, '..'), { recursive: true })
  return made !== undefined
}
