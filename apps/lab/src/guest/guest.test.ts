import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Extent, totalBytes, whole } from '@vmkeep/disk'
import { bytesOf, diskReaderContract, imageOf } from '@vmkeep/disk/testing'
import { collect } from '@vmkeep/kit'
import { fakeClock } from '@vmkeep/kit/testing'
import { guestImage, imageAt, openTestStorage, run } from '../storage/testing.ts'
import { type Ext4Content, generateDisk, type GeneratedDisk } from './generate-disk.ts'
import { guestOperations } from './guest-operations.ts'
import { startGuestWriter } from './guest-writer.ts'
import { PatternDisk } from './pattern-disk.ts'
import { runTool } from './run-tool.ts'
import { openSparseImage } from './sparse-image.ts'

const MiB = 1024 * 1024
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vmkeep-guest-'))
})
afterAll(() => rm(folder, { recursive: true }))

const small: Ext4Content = {
  kind: 'ext4',
  capacityBytes: 48 * MiB,
  seed: 'web01',
  dataBytes: 4 * MiB,
  writableBytes: MiB,
}
const tool = (name: string, ...args: string[]) => runTool(name, args, { package: 'e2fsprogs' })

/** A machine without them skips what they judge; CI may not. */
const lacksTools =
  process.env['CI'] !== 'true' &&
  ['mke2fs', 'e2fsck', 'debugfs', 'partx'].some(
    (name) => spawnSync(name, ['-V'], { env: { PATH: `${process.env['PATH']}:/usr/sbin:/sbin` } }).error,
  )
const itWithTools = it.skipIf(lacksTools)

const checkedFileSystem = async (image: Buffer) => {
  const path = join(folder, 'check.img')
  await writeFile(path, image)
  return tool('e2fsck', '-fn', `${path}?offset=${MiB}`)
}

describe('a generated disk', () => {
  itWithTools.each(['gpt', 'mbr'] as const)('has a %s table, a clean ext4 and the files it says', async (table) => {
    const made = await generateDisk({ ...small, table }, { folder })
    await using disk = (await made.open())!
    const image = await imageAt(disk)
    expect(await checkedFileSystem(image)).toContain('Pass 5')
    const path = join(folder, 'check.img')
    const [start, sectors] = (await tool('partx', '-g', '-b', '-o', 'START,SECTORS', path))
      .trim()
      .split(/\s+/)
      .map(Number)
    expect([start! * 512, sectors! * 512]).toEqual([made.partition!.offsetBytes, made.partition!.lengthBytes])
    const file = made.files.find((each) => each.path.endsWith('.odp'))!
    expect(await tool('debugfs', '-R', `stat "${file.path}"`, `${path}?offset=${MiB}`)).toContain(
      `Size: ${file.sizeBytes}`,
    )
  })

  itWithTools('says exactly where it is not zero, and keeps its word about writable blocks', async () => {
    const made = await generateDisk(small, { folder })
    await using disk = (await made.open())!
    const image = await imageAt(disk)
    const allocated = await collect(disk.allocated(whole(made.capacityBytes)))
    for (const { offsetBytes, lengthBytes } of allocated) image.fill(0, offsetBytes, offsetBytes + lengthBytes)
    expect(image.equals(Buffer.alloc(image.length))).toBe(true)
    expect(totalBytes(allocated)).toBeLessThan(12 * MiB)
    expect(totalBytes(made.writable)).toBe(MiB)
    expect(made.files.filter((file) => file.isWritable).map((file) => file.sizeBytes)).toEqual([MiB])
  })

  itWithTools('is made once for the same content, and shares the operating system with its sisters', async () => {
    const made = await generateDisk(small, { folder })
    const again = await generateDisk(small, { folder })
    expect(again.files).toEqual(made.files)
    const sister = await generateDisk({ ...small, seed: 'web02' }, { folder })
    const hashes = new Set(made.files.map((file) => file.sha256))
    const shared = sister.files.filter((file) => hashes.has(file.sha256))
    expect(shared.every((file) => file.path.startsWith('/usr/'))).toBe(true)
    expect(shared.length).toBe(made.files.filter((file) => file.path.startsWith('/usr/')).length)
    expect(await imageOfGenerated(made)).not.toEqual(await imageOfGenerated(sister))
  })

  itWithTools('takes no more room than its content, however large it is', async () => {
    const made = await generateDisk({ ...small, capacityBytes: 62 * 1024 ** 4 }, { folder })
    await using disk = (await made.open())!
    expect(disk.capacityBytes).toBe(62 * 1024 ** 4)
    expect(
      (await bytesOf(disk, { offsetBytes: disk.capacityBytes - 512, lengthBytes: 512 })).toString('latin1', 0, 8),
    ).toBe('EFI PART')
    expect(totalBytes(await collect(disk.allocated(whole(disk.capacityBytes))))).toBeLessThan(64 * MiB)
  })

  itWithTools('refuses a disk that is too small, and names the missing package', async () => {
    await expect(generateDisk({ ...small, capacityBytes: 8 * MiB }, { folder })).rejects.toMatchObject({
      code: 'lab.disk-too-small',
    })
    await expect(runTool('mke2fs-that-is-not', [], { package: 'e2fsprogs' })).rejects.toThrow(
      'mke2fs-that-is-not is not installed; install the package e2fsprogs',
    )
    await expect(tool('e2fsck', '-fn', join(folder, 'none'))).rejects.toMatchObject({ code: 'lab.tool-failed' })
  })
})

describe('a guest writer', () => {
  itWithTools('keeps the file system whole at every instant, and leaves the rest of the disk alone', async () => {
    const made = await generateDisk(small, { folder })
    const source = (await made.open())!
    await using lab = await openTestStorage()
    const disk = await lab.vm.addDisk({ key: 2000, capacityBytes: made.capacityBytes, source })
    await lab.vm.setPower('on')
    const before = await guestImage(lab.vm)
    await using database = startGuestWriter(disk, { seed: 'a', kind: 'database', areas: made.writable })
    await using log = startGuestWriter(disk, { seed: 'b', kind: 'log', areas: made.writable })
    for (const id of ['one', 'two', 'three']) {
      const writing = [database.step(30), log.step(2)]
      await lab.vm.createSnapshot({ id, name: id })
      await Promise.all(writing)
      await using view = lab.vm.frozenView(id, 2000)
      expect(await checkedFileSystem(await imageAt(view))).toContain('Pass 5')
    }
    await run(lab.vm.removeAllSnapshots())
    const after = await guestImage(lab.vm)
    expect(before.equals(after)).toBe(false)
    for (const { offsetBytes, lengthBytes } of made.writable)
      after.copy(before, offsetBytes, offsetBytes, offsetBytes + lengthBytes)
    expect(before.equals(after)).toBe(true)
    expect(database.report).toMatchObject({ operations: 90, failure: undefined })
  })

  it('does the same for the same seed, inside its areas', () => {
    const areas: Extent[] = [
      { offsetBytes: 8192, lengthBytes: 8192 },
      { offsetBytes: 65_536, lengthBytes: 4096 },
    ]
    for (const kind of ['database', 'log', 'raw'] as const) {
      const some = () => [...Iterator.from(guestOperations(kind, areas, 'seed')).take(200)]
      expect(some()).toEqual(some())
      for (const { extent } of some())
        expect(
          areas.some(
            (area) =>
              extent.offsetBytes >= area.offsetBytes &&
              extent.offsetBytes + extent.lengthBytes <= area.offsetBytes + area.lengthBytes &&
              extent.lengthBytes > 0,
          ),
        ).toBe(true)
      expect(new Set(some().map((operation) => operation.do)).size).toBe(kind === 'raw' ? 2 : 1)
    }
  })

  it('keeps the pace of its clock until it is stopped, and stops by itself when the datastore is full', async () => {
    await using lab = await openTestStorage()
    const disk = await lab.vm.addDisk({ key: 2000, capacityBytes: 64 * MiB })
    const clock = fakeClock()
    const writer = startGuestWriter(disk, { seed: 's', kind: 'log', pace: { clock, bytesPerSecond: 10 * MiB } })
    while (writer.report.bytes < 2 * MiB) await new Promise(setImmediate)
    await writer[Symbol.asyncDispose]()
    const { bytes } = writer.report
    expect(bytes).toBeLessThanOrEqual(
      ((clock.monotonicMs() - fakeClock().monotonicMs()) / 1000) * 10 * MiB + 256 * 1024,
    )
    await new Promise(setImmediate)
    expect(writer.report.bytes).toBe(bytes)
    lab.datastore.fill(0)
    await using full = startGuestWriter(disk, { seed: 't', kind: 'raw', pace: { clock, bytesPerSecond: 100 * MiB } })
    while (full.report.failure === undefined) await new Promise(setImmediate)
    expect(full.report.failure).toMatch(/datastore "ds" has 0 bytes free/)
  })
})

describe('a pattern disk', () => {
  const spec = { capacityBytes: 9 * MiB + 512, seed: 'p', allocatedShare: 0.5, compressibleShare: 0.5 }

  it('reads the same bytes whatever the run, and zeroes where nothing is allocated', async () => {
    await using disk = new PatternDisk(spec)
    const image = await imageAt(disk)
    for (const [offsetBytes, lengthBytes] of [
      [1, 1],
      [MiB - 7, 20],
      [17, 3 * MiB],
      [spec.capacityBytes - 1, 1],
    ] as const)
      expect(
        image
          .subarray(offsetBytes, offsetBytes + lengthBytes)
          .equals(await bytesOf(disk, { offsetBytes, lengthBytes })),
      ).toBe(true)
    const allocated = await collect(disk.allocated(whole(spec.capacityBytes)))
    expect(totalBytes(allocated)).toBeGreaterThan(0)
    for (const { offsetBytes, lengthBytes } of allocated) image.fill(0, offsetBytes, offsetBytes + lengthBytes)
    expect(image.equals(Buffer.alloc(image.length))).toBe(true)
  })
})

diskReaderContract('a sparse image with patches', async (content) => {
  const path = join(folder, `sparse-${content.runs.length}.img`)
  const [patch, ...runs] = content.runs.toReversed()
  const image = imageOf({ ...content, runs })
  await writeFile(path, image.subarray(0, 3 * MiB))
  const data = runs.map(({ offsetBytes, bytes }) => ({ offsetBytes, lengthBytes: bytes.length })).toReversed()
  const patches = [{ offsetBytes: patch!.offsetBytes, bytes: Buffer.from(patch!.bytes) }]
  return openSparseImage({ path, capacityBytes: content.capacityBytes, data, patches })
})

async function imageOfGenerated(made: GeneratedDisk): Promise<string> {
  await using disk = (await made.open())!
  return (await imageAt(disk)).toString('latin1')
}
