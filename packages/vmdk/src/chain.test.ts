import {
  appendFile,
  copyFile,
  mkdir,
  mkdtemp,
  open,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { whole } from '@vmkeep/disk'
import { bytesOf, type DiskContent, diskReaderContract, imageOf } from '@vmkeep/disk/testing'
import { codeOf, collect, seededRandom } from '@vmkeep/kit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openVmdk } from './open-vmdk.ts'
import { makeDelta, type NewDelta } from './testing/make-delta.ts'

let root: string
let folders = 0
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'vmkeep-chain-'))
})
afterAll(() => rm(root, { recursive: true }))

async function newFolder(): Promise<string> {
  const folder = join(root, `${folders++}`)
  await mkdir(folder)
  return folder
}

const baseCid = 0xfb18_3c20
const kinds = ['vmfsSparse', 'seSparse'] as const
const grainBytesOf = { vmfsSparse: 512, seSparse: 4096 }

async function writeBase(folder: string, image: Uint8Array, name = 'base'): Promise<string> {
  await writeFile(join(folder, `${name}-flat.vmdk`), image)
  const sectors = image.length / 512
  await writeFile(
    join(folder, `${name}.vmdk`),
    `# Disk DescriptorFile\nversion=1\nCID=${baseCid.toString(16)}\nparentCID=ffffffff\ncreateType="vmfs"\nRW ${sectors} VMFS "${name}-flat.vmdk"\n`,
  )
  return join(folder, `${name}.vmdk`)
}

/** The runs of a content, grown to whole grains. */
function wholeGrains(content: DiskContent, grainBytes: number): NewDelta['runs'] {
  const image = Buffer.alloc(Math.ceil(content.capacityBytes / grainBytes) * grainBytes)
  image.set(imageOf(content))
  const grains = new Set(
    content.runs.flatMap(({ offsetBytes, bytes }) => {
      const first = Math.floor(offsetBytes / grainBytes)
      const last = Math.floor((offsetBytes + bytes.length - 1) / grainBytes)
      return Array.from({ length: last - first + 1 }, (_, i) => first + i)
    }),
  )
  return [...grains].map((grain) => ({
    offsetBytes: grain * grainBytes,
    bytes: image.subarray(grain * grainBytes, (grain + 1) * grainBytes),
  }))
}

for (const kind of kinds)
  diskReaderContract(`a ${kind} delta on an empty disk`, async (content) => {
    const folder = await newFolder()
    await writeFile(
      join(folder, 'base.vmdk'),
      `# Disk DescriptorFile\nversion=1\nCID=${baseCid.toString(16)}\nparentCID=ffffffff\ncreateType="custom"\nRW ${content.capacityBytes / 512} ZERO\n`,
    )
    const { capacityBytes } = content
    const runs = wholeGrains(content, grainBytesOf[kind])
    const parent = { cid: baseCid, hint: 'base.vmdk' }
    await makeDelta(join(folder, 'vm-000001.vmdk'), { kind, capacityBytes, runs, parent })
    return await openVmdk(join(folder, 'vm-000001.vmdk'))
  })

describe('a chain', () => {
  const capacityBytes = 128 * 1024
  const pages = capacityBytes / 4096
  const anyLayer = fc.record({
    kind: fc.constantFrom(...kinds),
    pages: fc.uniqueArray(fc.nat(pages - 1), { maxLength: 8 }),
    zeroes: fc.uniqueArray(fc.nat(pages - 1), { maxLength: 4 }),
  })

  it('reads what its layers hold, the topmost first, zeroes included', () =>
    fc.assert(
      fc.asyncProperty(fc.array(anyLayer, { minLength: 1, maxLength: 5 }), async (layers) => {
        const folder = await newFolder()
        const random = seededRandom('layers')
        const model = Buffer.from(random.bytes(capacityBytes))
        let hint = 'base.vmdk'
        await writeBase(folder, model)
        for (const [i, layer] of layers.entries()) {
          const runs = layer.pages.map((page) => ({ offsetBytes: page * 4096, bytes: random.bytes(4096) }))
          const empty = layer.kind === 'seSparse' ? layer.zeroes.filter((page) => !layer.pages.includes(page)) : []
          const zeroes = empty.map((page) => ({
            offsetBytes: page * 4096,
            lengthBytes: 4096,
            unmapped: page % 2 === 0,
          }))
          const cid = i + 1
          const parent = { cid: i === 0 ? baseCid : i, hint }
          hint = `vm-${i}.vmdk`
          await makeDelta(join(folder, hint), { kind: layer.kind, capacityBytes, runs, zeroes, cid, parent })
          for (const { offsetBytes, bytes } of runs) model.set(bytes, offsetBytes)
          for (const { offsetBytes, lengthBytes } of zeroes) model.fill(0, offsetBytes, offsetBytes + lengthBytes)
        }
        await using disk = await openVmdk(join(folder, hint))
        expect((await bytesOf(disk, whole(capacityBytes))).equals(model)).toBe(true)
        const part = { offsetBytes: 5000, lengthBytes: 9001 }
        expect((await bytesOf(disk, part)).equals(model.subarray(5000, 14_001))).toBe(true)
        const allocated = Buffer.alloc(capacityBytes)
        for (const { offsetBytes, lengthBytes } of await collect(disk.allocated(whole(capacityBytes))))
          allocated.set(model.subarray(offsetBytes, offsetBytes + lengthBytes), offsetBytes)
        expect(allocated.equals(model)).toBe(true)
      }),
      { numRuns: 30 },
    ))

  it('shows the disk data bases of all its layers, the topmost first', async () => {
    const folder = await newFolder()
    const base = await writeBase(folder, Buffer.alloc(4096))
    await appendFile(base, 'ddb.adapterType = "lsilogic"\nddb.uuid = "60 00"\n')
    const parent = { cid: baseCid, hint: 'base.vmdk' }
    const ddb = { 'ddb.uuid': '60 01' }
    await makeDelta(join(folder, 'vm.vmdk'), { kind: 'vmfsSparse', capacityBytes: 4096, runs: [], ddb, parent })
    await using disk = await openVmdk(join(folder, 'vm.vmdk'))
    expect(disk.database).toEqual({ adapterType: 'lsilogic', uuid: '60 01' })
  })

  it('reads zeroes where a child has outgrown its parent', async () => {
    const folder = await newFolder()
    const base = seededRandom('small').bytes(8192)
    await writeBase(folder, base)
    const parent = { cid: baseCid, hint: 'base.vmdk' }
    await makeDelta(join(folder, 'vm.vmdk'), { kind: 'seSparse', capacityBytes: 16_384, runs: [], parent })
    await using disk = await openVmdk(join(folder, 'vm.vmdk'))
    expect(await bytesOf(disk, whole(16_384))).toEqual(Buffer.concat([base, Buffer.alloc(8192)]))
    expect(await collect(disk.allocated(whole(16_384)))).toEqual([{ offsetBytes: 0, lengthBytes: 8192 }])
  })
})

describe('a parent', () => {
  const child = async (folder: string, hint: string, cid = baseCid) => {
    const path = join(folder, 'vm-000001.vmdk')
    await makeDelta(path, { kind: 'vmfsSparse', capacityBytes: 4096, runs: [], parent: { cid, hint } })
    return path
  }
  const image = Buffer.from(seededRandom('parent').bytes(4096))

  it.each([
    ['beside its child', 'template.vmdk', false],
    ["at a host's path below the root", '/vmfs/volumes/5f1e-aa/templates/template.vmdk', true],
    ['in another folder below the root', '../templates/template.vmdk', true],
    ["beside its child, though a host's path is named", '/vmfs/volumes/5f1e-aa/gone/template.vmdk', false],
  ])('is found %s', async (_, hint, elsewhere) => {
    const datastore = await newFolder()
    const [home, templates] = [join(datastore, 'vm'), join(datastore, 'templates')]
    await Promise.all([home, templates].map((folder) => mkdir(folder)))
    await writeBase(elsewhere ? templates : home, image, 'template')
    await using disk = await openVmdk(await child(home, hint), { root: datastore })
    expect(await bytesOf(disk, whole(4096))).toEqual(image)
  })

  it('outside of the root is refused, also behind a link', async () => {
    const [home, outside] = [await newFolder(), await newFolder()]
    await writeBase(outside, image)
    await symlink(join(outside, 'base.vmdk'), join(home, 'linked.vmdk'))
    for (const hint of [join('..', outside.split('/').at(-1)!, 'base.vmdk'), 'linked.vmdk'])
      await expect(openVmdk(await child(home, hint))).rejects.toMatchObject({ code: 'vmdk.parent-outside' })
  })

  it.each([
    ['that is not there', 'gone.vmdk', baseCid, 'its parent "gone.vmdk" is neither'],
    ['that was written to since', 'base.vmdk', 0x11, 'its content id is fb183c20, not 00000011'],
    ['that is the child itself', 'vm-000001.vmdk', 0x1234_abcd, 'more than 255 parents'],
  ])('%s breaks the chain', async (_, hint, cid, fact) => {
    const home = await newFolder()
    await writeBase(home, image)
    const path = await child(home, hint, cid)
    await expect(openVmdk(path)).rejects.toMatchObject({ code: 'vmdk.chain-broken' })
    await expect(openVmdk(path)).rejects.toThrow(fact)
  })
})

describe.each(kinds)('a damaged %s delta', (kind) => {
  const made = async () => {
    const folder = await newFolder()
    const image = seededRandom(kind).bytes(64 * 1024)
    await writeBase(folder, image)
    const runs = [{ offsetBytes: 8192, bytes: seededRandom('run').bytes(16_384) }]
    const parent = { cid: baseCid, hint: 'base.vmdk' }
    const path = join(folder, 'vm.vmdk')
    return { path, extent: await makeDelta(path, { kind, capacityBytes: 64 * 1024, runs, parent }) }
  }
  const outcome = async (path: string) => {
    try {
      await using disk = await openVmdk(path)
      await collect(disk.allocated(whole(disk.capacityBytes)))
      await disk.read(0, Buffer.alloc(disk.capacityBytes))
      return undefined
    } catch (error) {
      if (codeOf(error) === undefined) throw error
      return codeOf(error)
    }
  }

  it('is refused wherever it was cut short', async () => {
    const { path, extent } = await made()
    const { size } = await stat(extent)
    for (const cutBytes of [1, 512, 5000, size - 1024, size - 512, size - 100, size]) {
      await copyFile(extent, `${extent}.whole`)
      await truncate(extent, size - cutBytes)
      expect([cutBytes, await outcome(path)]).toEqual([cutBytes, 'vmdk.damaged'])
      await copyFile(`${extent}.whole`, extent)
    }
  })

  it('reads or is refused with a code, whatever bits flip in its headers and tables', async () => {
    const { path, extent } = await made()
    const original = await readFile(extent)
    const interesting = [...original.entries()].filter(([, byte]) => byte !== 0).map(([at]) => at)
    const place = fc.oneof(fc.nat(511), fc.constantFrom(...interesting.slice(0, 200)), fc.nat(original.length - 1))
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(place, fc.nat(255)), { minLength: 1, maxLength: 6 }), async (flips) => {
        const bytes = Buffer.from(original)
        for (const [at, value] of flips) bytes[at] = value
        await writeFile(extent, bytes)
        expect([undefined, 'vmdk.damaged']).toContain(await outcome(path))
      }),
      { numRuns: 100 },
    )
  })
})

it('a seSparse delta whose journal still holds changes is refused', async () => {
  const folder = await newFolder()
  await writeBase(folder, Buffer.alloc(4096))
  const path = join(folder, 'vm.vmdk')
  const parent = { cid: baseCid, hint: 'base.vmdk' }
  const extent = await makeDelta(path, { kind: 'seSparse', capacityBytes: 4096, runs: [], parent })
  await using file = await open(extent, 'r+')
  await file.write(Uint8Array.of(1), 0, 1, 512 + 24)
  await expect(openVmdk(path)).rejects.toThrow('changes wait in its journal')
})
