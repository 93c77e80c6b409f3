import { copyFile, mkdtemp, open, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { whole } from '@vmkeep/disk'
import { imageOf, sampleContent } from '@vmkeep/disk/testing'
import { codeOf, collect } from '@vmkeep/kit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createVmdk, type VmdkKind } from './create-vmdk.ts'
import { openVmdk } from './open-vmdk.ts'

const content = sampleContent(1024 * 1024 + 512)
const image = imageOf({ ...content, runs: content.runs.slice(0, 2) })
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vmkeep-damaged-'))
  for (const kind of ['monolithicSparse', 'streamOptimized'] as const) await writeImage(kind)
})
afterAll(() => rm(folder, { recursive: true }))

const pathOf = (kind: VmdkKind) => join(folder, `${kind}.vmdk`)

async function writeImage(kind: VmdkKind) {
  await using disk = await createVmdk(pathOf(kind), { kind, capacityBytes: image.length })
  await disk.write(0, image)
  await disk.finish()
}

/** Reads everything; returns the code of what stopped it, or `undefined` if it all could be read. */
async function outcome(path: string): Promise<string | undefined> {
  try {
    await using disk = await openVmdk(path)
    await collect(disk.allocated(whole(disk.capacityBytes)))
    const target = Buffer.alloc(Math.min(disk.capacityBytes, 2 * image.length))
    await disk.read(0, target)
    return undefined
  } catch (error) {
    const code = codeOf(error)
    if (code === undefined) throw error
    return code
  }
}

describe.each(['monolithicSparse', 'streamOptimized'] as const)('a damaged %s VMDK', (kind) => {
  it('is refused wherever it was cut short, at a sector or inside one', async () => {
    const { size } = await stat(pathOf(kind))
    const path = join(folder, `cut-${kind}.vmdk`)
    for (const cutBytes of [1, 511, 512, 513, 1024, 1536, 4096, 65_536, size - 513, size - 512, size - 100, size - 4]) {
      await copyFile(pathOf(kind), path)
      await truncate(path, size - cutBytes)
      expect([cutBytes, await outcome(path)]).toEqual([cutBytes, 'vmdk.damaged'])
    }
  })

  it('reads or is refused with a code, whatever bits flip; memory stays bounded', async () => {
    const whole = await readFile(pathOf(kind))
    const path = join(folder, `flipped-${kind}.vmdk`)
    const parent = parentIn(whole)
    const at = fc.oneof(
      fc.nat(600),
      fc.nat(whole.length - 1),
      fc.integer({ min: whole.length - 4096, max: whole.length - 1 }),
    )
    const flip = fc.tuple(
      at.filter((byte) => byte < parent.startBytes || byte >= parent.endBytes),
      fc.nat(255),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(flip, { minLength: 1, maxLength: 8 }), async (flips) => {
        const bytes = Buffer.from(whole)
        for (const [at, value] of flips) bytes[at] = value
        await writeFile(path, bytes)
        expect([undefined, 'vmdk.damaged', 'vmdk.unsupported']).toContain(await outcome(path))
      }),
      { numRuns: 150 },
    )
  })

  it('is refused as half of a chain when a digit that says it has no parent became another', async () => {
    const whole = await readFile(pathOf(kind))
    const path = join(folder, `orphaned-${kind}.vmdk`)
    const { startBytes, endBytes } = parentIn(whole)
    for (let at = startBytes; at < endBytes; at++) {
      const bytes = Buffer.from(whole)
      bytes[at] = Buffer.from('0123456789abcde')[at % 15]!
      await writeFile(path, bytes)
      expect(await outcome(path)).toBe('vmdk.chain-broken')
    }
  })
})

/** Where a descriptor says of which disk it is the child: of none. */
function parentIn(vmdk: Buffer): { readonly startBytes: number; readonly endBytes: number } {
  const key = 'parentCID='
  const startBytes = vmdk.indexOf(`${key}ffffffff`) + key.length
  expect(startBytes).toBeGreaterThan(key.length)
  return { startBytes, endBytes: startBytes + 8 }
}

describe('a damaged stream', () => {
  const poked = async (at: number, bytes: Uint8Array) => {
    const path = join(folder, 'poked.vmdk')
    await copyFile(pathOf('streamOptimized'), path)
    await using file = await open(path, 'r+')
    await file.write(bytes, 0, bytes.length, at < 0 ? (await stat(path)).size + at : at)
    return path
  }
  const firstGrain = 65_536

  it.each([
    ['a footer marker of another type', -1536 + 12, [9], /byte \d+: expected the marker 3, found 9/],
    ['an end-of-stream marker of another type', -512 + 12, [9], /expected the marker 0, found 9/],
    ['a footer without a directory', -1024 + 56, Array(8).fill(0xff), /the footer does not say where/],
    ['a footer of another capacity', -1024 + 12, [2], /the footer's capacitySectors is \d+, the header's/],
    [
      'a grain of another place',
      firstGrain,
      [128],
      /byte 65536: the grain of sector 128 is where that of byte 0 should be/,
    ],
    ['a grain of 4 GiB', firstGrain + 8, [0xff, 0xff, 0xff, 0xff], /a compressed grain of 4294967295 bytes/],
    ['a grain of nothing', firstGrain + 8, [0, 0, 0, 0], /a compressed grain of 0 bytes/],
    [
      'a grain that does not inflate',
      firstGrain + 12,
      [0xff, 0xff],
      /the grain does not inflate: incorrect header check/,
    ],
  ])('with %s is refused by name', async (_, at, bytes, message) => {
    const path = await poked(at, Uint8Array.from(bytes as number[]))
    const read = async () => {
      await using disk = await openVmdk(path)
      await disk.read(0, Buffer.alloc(image.length))
    }
    await expect(read()).rejects.toMatchObject({
      code: 'vmdk.damaged',
      message: expect.stringMatching(message) as string,
    })
    await expect(read()).rejects.toThrow(path)
  })
})

describe('a descriptor', () => {
  const opened = async (extent: string, settings = '') => {
    const path = join(folder, 'text.vmdk')
    await writeFile(
      path,
      `# Disk DescriptorFile\nversion=1\nCID=fffffffe\nparentCID=${settings || 'ffffffff'}\ncreateType="custom"\n${extent}\n`,
    )
    await using disk = await openVmdk(path)
    return disk.capacityBytes
  }

  it.each(['/etc/passwd', '../text.vmdk', 'a/b.vmdk', String.raw`a\b.vmdk`, '..', ''])(
    'that names the file %j is refused',
    (name) => expect(opened(`RW 1 FLAT "${name}" 0`)).rejects.toMatchObject({ code: 'vmdk.extent-outside' }),
  )
  it('that names a file which is gone says which', () =>
    expect(opened('RW 1 FLAT "gone-flat.vmdk" 0')).rejects.toMatchObject({
      code: 'vmdk.not-found',
      message: expect.stringMatching(/gone-flat\.vmdk is not there, but .*text\.vmdk needs it/) as string,
    }))
  it('that promises more than its file has is refused', () =>
    expect(opened('RW 999999 FLAT "text.vmdk" 0')).rejects.toMatchObject({ code: 'vmdk.damaged' }))
  it('without extents is refused', () => expect(opened('')).rejects.toMatchObject({ code: 'vmdk.damaged' }))
  it('of an extent that only hosts reach is refused', () =>
    expect(opened('RW 1 VMFSRDM "x-rdm.vmdk"')).rejects.toMatchObject({ code: 'vmdk.unsupported' }))
  it('of zeroes is a disk of zeroes', async () => expect(await opened('RW 4096 ZERO')).toBe(4096 * 512))
})

it('says of what is no VMDK that it is none', async () => {
  const path = join(folder, 'noise.vmdk')
  await writeFile(path, 'no VMDK')
  await expect(openVmdk(path)).rejects.toMatchObject({ code: 'vmdk.damaged' })
  await writeFile(path, Buffer.alloc(2 ** 21))
  await expect(openVmdk(path)).rejects.toThrow('open its descriptor')
  await writeFile(path, '')
  await expect(openVmdk(path)).rejects.toMatchObject({ code: 'vmdk.damaged' })
  await expect(openVmdk(folder)).rejects.toMatchObject({ code: 'vmdk.read-failed' })
  await expect(openVmdk(join(folder, 'gone'))).rejects.toMatchObject({ code: 'vmdk.not-found' })
})
