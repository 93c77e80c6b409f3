// qemu-img, 7z and libvmdk read every VMDK we write; we read every one qemu-img writes.
// `qemu-img check` finds nothing wrong with nearly anything: `compare` is the judgement.
import { createHash } from 'node:crypto'
import { mkdtemp, rm, stat, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRawFile, type DiskReader, type DiskWriter, openRawFile, whole } from '@vmkeep/disk'
import { collect, seededRandom } from '@vmkeep/kit'
import { createVmdk, openVmdk, type VmdkKind, vmdkKinds } from '@vmkeep/vmdk'
import { makeDelta } from '@vmkeep/vmdk/testing'
import { afterEach, beforeEach, describe, expect } from 'vitest'
import { judgeTest, mustAgree, runJudge } from './judge.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vmkeep-judge-'))
})
afterEach(() => rm(folder, { recursive: true }))
const at = (name: string) => join(folder, name)

const MiB = 2 ** 20
const TiB = 2 ** 40

interface Sample {
  readonly capacityBytes: number
  readonly runs: readonly { readonly offsetBytes: number; readonly sizeBytes: number }[]
}

const samples: readonly (readonly [name: string, sample: Sample])[] = [
  ['a disk of one sector', { capacityBytes: 512, runs: [{ offsetBytes: 0, sizeBytes: 512 }] }],
  ['an empty disk', { capacityBytes: 100 * MiB, runs: [] }],
  ['random runs', { capacityBytes: 100 * MiB, runs: scattered('random runs', 100 * MiB, 60) }],
  [
    'a capacity inside a grain',
    {
      capacityBytes: 64 * MiB + 512 * 5,
      runs: scattered('odd', 64 * MiB, 10).concat({ offsetBytes: 64 * MiB, sizeBytes: 2560 }),
    },
  ],
]

/** Ascending runs of random size, none touching the next. */
function scattered(seed: string, capacityBytes: number, count: number): { offsetBytes: number; sizeBytes: number }[] {
  const random = seededRandom(seed)
  const slotBytes = Math.floor(capacityBytes / count / 512) * 512
  return Array.from({ length: count }, (_, i) => ({
    offsetBytes: i * slotBytes + Math.floor((random.fraction() * slotBytes) / 2 / 512) * 512,
    sizeBytes: 512 + Math.floor(random.fraction() * Math.min(slotBytes / 2 - 512, 300_000)),
  }))
}

const noise = seededRandom('noise').bytes(2 * MiB)

/** Half noise, half text: some grains compress and some do not. */
async function fill(disk: DiskWriter, { runs }: Sample): Promise<void> {
  for (const { offsetBytes, sizeBytes } of runs) {
    const start = (offsetBytes / 512) % MiB
    const bytes = Buffer.from(noise.subarray(start, start + sizeBytes))
    bytes.fill('all work and no play ', 0, Math.floor(sizeBytes / 2))
    await disk.write(offsetBytes, bytes)
  }
  await disk.finish()
  await disk[Symbol.asyncDispose]()
}

async function rawOf(sample: Sample): Promise<string> {
  await fill(await createRawFile(at('model.raw'), sample.capacityBytes), sample)
  return at('model.raw')
}

async function vmdkOf(kind: VmdkKind, sample: Sample, name = 'ours.vmdk'): Promise<string> {
  await fill(
    await createVmdk(at(name), {
      kind,
      capacityBytes: sample.capacityBytes,
      metadata: { uuid: '6000C29a-5cf5-8872-daa0-3de79d6750e2' },
    }),
    sample,
  )
  return at(name)
}

async function digest(disk: DiskReader): Promise<string> {
  const hash = createHash('sha256')
  const bytes = Buffer.alloc(MiB)
  for (let offsetBytes = 0; offsetBytes < disk.capacityBytes; offsetBytes += MiB) {
    const part = bytes.subarray(0, Math.min(MiB, disk.capacityBytes - offsetBytes))
    await disk.read(offsetBytes, part)
    hash.update(part)
  }
  return hash.digest('hex')
}

describe.each(vmdkKinds)('a %s VMDK of ours', (kind) => {
  for (const [name, sample] of samples) {
    judgeTest(`holds ${name} for qemu-img`, ['qemu-img'], async ({ 'qemu-img': qemuImg }) => {
      const [raw, vmdk] = [await rawOf(sample), await vmdkOf(kind, sample)]
      await mustAgree(qemuImg, ['check', '-f', 'vmdk', vmdk])
      const info = JSON.parse(await mustAgree(qemuImg, ['info', '--output=json', vmdk])) as QemuInfo
      expect(info).toMatchObject({ format: 'vmdk', 'virtual-size': sample.capacityBytes })
      expect(info['format-specific'].data['create-type']).toBe(kind)
      await mustAgree(qemuImg, ['compare', '-f', 'vmdk', '-F', 'raw', vmdk, raw])
      await mustAgree(qemuImg, ['convert', '-f', 'vmdk', '-O', 'raw', vmdk, at('back.raw')])
      await using model = await openRawFile(raw)
      await using back = await openRawFile(at('back.raw'))
      expect(await digest(back)).toBe(await digest(model))
    })

    judgeTest(`holds ${name} for libvmdk`, ['python:pyvmdk'], async ({ 'python:pyvmdk': python }) => {
      const vmdk = await vmdkOf(kind, sample)
      const said = await mustAgree(python, ['-c', hashByLibvmdk, vmdk])
      await using model = await openRawFile(await rawOf(sample))
      expect(said.trim()).toBe(`${sample.capacityBytes} ${await digest(model)}`)
    })
  }
})

interface QemuInfo {
  readonly format: string
  readonly 'virtual-size': number
  readonly 'format-specific': { readonly data: { readonly 'create-type': string } }
}

const hashByLibvmdk = `
import hashlib, pyvmdk, sys
handle = pyvmdk.handle()
handle.open(sys.argv[1])
handle.open_extent_data_files()
digest = hashlib.sha256()
while True:
    data = handle.read_buffer(1 << 20)
    if not data: break
    digest.update(data)
print(handle.get_media_size(), digest.hexdigest())
`

describe('a stream of ours', () => {
  for (const [name, sample] of samples)
    judgeTest(`holds ${name} for 7z, the strictest of all`, ['7z'], async ({ '7z': sevenZip }) => {
      const vmdk = await vmdkOf('streamOptimized', sample)
      await mustAgree(sevenZip, ['t', '-tVMDK', vmdk])
      await mustAgree(sevenZip, ['x', '-tVMDK', `-o${at('out')}`, vmdk])
      await using model = await openRawFile(await rawOf(sample))
      await using back = await openRawFile(at('out/ours.img'))
      expect(await digest(back)).toBe(await digest(model))
    })
})

describe('a disk beyond 2 TiB', () => {
  const places = [0, MiB, 3 * TiB - 512, 5 * TiB]
  const sample = { capacityBytes: 5 * TiB + 512, runs: places.map((offsetBytes) => ({ offsetBytes, sizeBytes: 512 })) }
  for (const kind of ['monolithicSparse', 'streamOptimized'] as const)
    judgeTest(`keeps its bytes apart in a ${kind} VMDK`, ['qemu-img', 'qemu-io'], async (judges) => {
      const vmdk = await vmdkOf(kind, sample)
      const info = JSON.parse(await mustAgree(judges['qemu-img'], ['info', '--output=json', vmdk])) as QemuInfo
      expect(info['virtual-size']).toBe(sample.capacityBytes)
      const reads = places.flatMap((place) => [
        `read -P 0x61 ${place} 1`,
        `read -P 0 ${place === 0 ? 512 : place - 512} 512`,
      ])
      const said = await mustAgree(judges['qemu-io'], [
        '-f',
        'vmdk',
        '-r',
        ...reads.flatMap((read) => ['-c', read]),
        vmdk,
      ])
      expect(said).toContain(`bytes at offset ${5 * TiB}
`)
      expect(said).not.toContain('verification failed')
      await using disk = await openVmdk(vmdk)
      expect(await collect(disk.allocated(whole(disk.capacityBytes)))).toEqual(
        places.map((place) => ({
          offsetBytes: grainOf(place),
          lengthBytes: Math.min(65_536, sample.capacityBytes - grainOf(place)),
        })),
      )
    })
})

const grainOf = (offsetBytes: number) => Math.floor(offsetBytes / 65_536) * 65_536

describe('a VMDK of qemu-img', () => {
  const subformats = [
    'monolithicSparse',
    'monolithicFlat',
    'twoGbMaxExtentSparse',
    'twoGbMaxExtentFlat',
    'streamOptimized',
  ]
  for (const subformat of subformats)
    for (const [name, sample] of samples)
      judgeTest(`of subformat ${subformat} gives us ${name}`, ['qemu-img'], async ({ 'qemu-img': qemuImg }) => {
        const raw = await rawOf(sample)
        await mustAgree(qemuImg, [
          'convert',
          '-f',
          'raw',
          '-O',
          'vmdk',
          '-o',
          `subformat=${subformat}`,
          raw,
          at('theirs.vmdk'),
        ])
        await using model = await openRawFile(raw)
        await using disk = await openVmdk(at('theirs.vmdk'))
        expect(disk.capacityBytes).toBe(sample.capacityBytes)
        expect(await digest(disk)).toBe(await digest(model))
      })

  judgeTest(
    'split at 2 GiB is one disk to us',
    ['qemu-img', 'qemu-io'],
    async ({ 'qemu-img': qemuImg, 'qemu-io': qemuIo }) => {
      for (const subformat of ['twoGbMaxExtentSparse', 'twoGbMaxExtentFlat']) {
        const path = at(`${subformat}.vmdk`)
        await mustAgree(qemuImg, ['create', '-q', '-f', 'vmdk', '-o', `subformat=${subformat}`, path, '5G'])
        await mustAgree(qemuIo, [
          '-f',
          'vmdk',
          '-c',
          'write -P 0xab 2147483136 1024',
          '-c',
          'write -P 0xcd 4294967296 512',
          path,
        ])
        await using disk = await openVmdk(path)
        const bytes = Buffer.alloc(1536)
        await disk.read(2 ** 31 - 768, bytes)
        expect(bytes).toEqual(Buffer.concat([Buffer.alloc(256), Buffer.alloc(1024, 0xab), Buffer.alloc(256)]))
        await disk.read(2 ** 32, bytes.subarray(0, 512))
        expect(bytes.subarray(0, 512)).toEqual(Buffer.alloc(512, 0xcd))
      }
    },
  )

  for (const subformat of ['monolithicSparse', 'twoGbMaxExtentSparse'])
    judgeTest(`of subformat ${subformat} on another one is one disk to us`, ['qemu-img', 'qemu-io'], async (judges) => {
      const { 'qemu-img': qemuImg, 'qemu-io': qemuIo } = judges
      await mustAgree(qemuImg, ['convert', '-f', 'raw', '-O', 'vmdk', await rawOf(samples[2]![1]), at('base.vmdk')])
      const child = ['-o', `subformat=${subformat}`, '-b', at('base.vmdk'), '-F', 'vmdk', at('child.vmdk')]
      await mustAgree(qemuImg, ['create', '-q', '-f', 'vmdk', ...child])
      const writes = ['write -P 0xab 1M 70k', 'write -z 20M 1M', 'write -P 0xcd 99M 1M'].flatMap((write) => [
        '-c',
        write,
      ])
      await mustAgree(qemuIo, ['-f', 'vmdk', ...writes, at('child.vmdk')])
      await mustAgree(qemuImg, ['convert', '-f', 'vmdk', '-O', 'raw', at('child.vmdk'), at('child.raw')])
      await using model = await openRawFile(at('child.raw'))
      await using disk = await openVmdk(at('child.vmdk'))
      expect(await digest(disk)).toBe(await digest(model))
    })
})

describe("a host's delta that we read", () => {
  for (const kind of ['vmfsSparse', 'seSparse'] as const)
    judgeTest(`of kind ${kind}, on its parents, is the same disk to qemu-img`, ['qemu-img'], async (judges) => {
      const capacityBytes = 100 * MiB
      const base = await vmdkOf('monolithicFlat', samples[2]![1], 'base.vmdk')
      const run = (offsetBytes: number, sizeBytes: number) => ({ offsetBytes, bytes: noise.subarray(0, sizeBytes) })
      const zeroes = [
        { offsetBytes: MiB, lengthBytes: 64 * 1024 },
        { offsetBytes: 2 * MiB, lengthBytes: 64 * 1024, unmapped: true },
      ]
      // more than 4,096 grains in a row, so that their numbers need more than the bits in front
      const large = Array.from({ length: 11 }, (_, i) => run((20 + 2 * i) * MiB, 2 * MiB))
      await makeDelta(at('first.vmdk'), {
        kind,
        capacityBytes,
        runs: [run(0, 4096), ...large, run(capacityBytes - 4096, 4096)],
        zeroes,
        cid: 1,
        parent: { cid: 0xffff_fffe, hint: 'base.vmdk' },
      })
      const parent = { cid: 1, hint: 'first.vmdk' }
      await makeDelta(at('second.vmdk'), { kind, capacityBytes, runs: [run(21 * MiB, 8192)], cid: 2, parent })
      await mustAgree(judges['qemu-img'], ['info', '--backing-chain', at('second.vmdk')])
      await mustAgree(judges['qemu-img'], ['convert', '-f', 'vmdk', '-O', 'raw', at('second.vmdk'), at('theirs.raw')])
      await using theirs = await openRawFile(at('theirs.raw'))
      await using ours = await openVmdk(at('second.vmdk'))
      expect(await digest(ours)).toBe(await digest(theirs))
      await using flat = await openVmdk(base)
      expect(await digest(ours)).not.toBe(await digest(flat))
    })
})

describe('a damaged stream of ours', () => {
  judgeTest('is refused by 7z where it is refused by us', ['7z'], async ({ '7z': sevenZip }) => {
    const vmdk = await vmdkOf('streamOptimized', samples[2]![1])
    await mustAgree(sevenZip, ['t', '-tVMDK', vmdk])
    const { size } = await stat(vmdk)
    await truncate(vmdk, size - 512)
    expect((await runJudge(sevenZip, ['t', '-tVMDK', vmdk])).exitCode).not.toBe(0)
    await expect(openVmdk(vmdk)).rejects.toMatchObject({ code: 'vmdk.damaged' })
  })
})
