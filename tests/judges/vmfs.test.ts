// VMFS that ESXi made, read by us and by programs we did not write; VMFS that we made, read by them. docs/formats/vmfs.md.
import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cut, type Extent, MemoryDisk, openBlockDevice, whole } from '@vmkeep/disk'
import { collect, seededRandom } from '@vmkeep/kit'
import { fileTypes, VmfsVolume } from '@vmkeep/vmfs'
import { buildVmfs, type NewFile } from '@vmkeep/vmfs/testing'
import { describe, expect, onTestFinished } from 'vitest'
import { judgeTest, mustAgree } from './judge.ts'

const mib = 2 ** 20

/** A file by its name, size, and what it holds: the hash of samples of the runs that have blocks. */
interface Seen {
  readonly path: string
  readonly sizeBytes: number
  readonly runs: readonly (readonly [number, number])[]
  readonly samples: readonly (readonly [number, number])[]
  readonly hash: string
}

describe('of a volume that ESXi made', () => {
  for (const [name, images] of [
    ['VMFS 5', ['vmfs5.bin']],
    ['VMFS 6', ['vmfs6.bin']],
    ['VMFS 6 on two LUNs, in the wrong order', ['vmfs6-span-1.bin', 'vmfs6-span-0.bin']],
    ['VMFS 5 as older hosts made it', ['vmfs5-no-dense-sbpc.bin']],
  ] as const)
    judgeTest(
      `${name}: dissect.vmfs sees the same files with the same bytes`,
      ['data:vmfs-images', 'python:dissect.vmfs'],
      async (judges) => {
        const devices = images.map((image) => join(judges['data:vmfs-images'], image))
        const ours = await filesOf(devices)
        expect(ours.length).toBeGreaterThanOrEqual(6) // the files of the file system itself
        await expectSeenByDissect(judges['python:dissect.vmfs'], devices, ours)
      },
    )

  judgeTest(
    'debugvmfs and debugvmfs6 read the same bytes',
    ['data:vmfs-images', 'debugvmfs', 'debugvmfs6'],
    async (judges) => {
      for (const [judge, image] of [
        [judges.debugvmfs, 'vmfs5.bin'],
        [judges.debugvmfs6, 'vmfs6.bin'],
      ] as const) {
        const device = join(judges['data:vmfs-images'], image)
        for (const path of ['small', 'big', 'normal.vmdk', 'directory/file77'])
          expect([image, path, await catOf(judge, device, path)]).toEqual([image, path, await hashOf([device], path)])
      }
    },
  )

  judgeTest("a host's own VMFS-L is refused", ['data:vmfs-images'], async (judges) => {
    const device = join(judges['data:vmfs-images'], 'vmfs6l.bin')
    await expect(open([device])).rejects.toMatchObject({
      code: 'vmfs.unsupported',
      message: expect.stringContaining('VMFS-L'),
    })
  })

  judgeTest('a volume without one of its LUNs is refused', ['data:vmfs-images'], async (judges) => {
    const device = join(judges['data:vmfs-images'], 'vmfs6-span-1.bin')
    await expect(open([device])).rejects.toMatchObject({ code: 'vmfs.device-missing' })
  })
})

describe('of a volume that we made', () => {
  judgeTest('dissect.vmfs sees every file, on one LUN and on two', ['python:dissect.vmfs'], async (judges) => {
    for (const luns of [1, 2]) {
      const devices = await built(luns)
      await expectSeenByDissect(judges['python:dissect.vmfs'], devices, await filesOf(devices))
    }
  })

  judgeTest('debugvmfs6 reads every file, through every kind of address', ['debugvmfs6'], async ({ debugvmfs6 }) => {
    const devices = await built(1)
    for (const { path } of await newFiles())
      // It looks for the mark of a block to be zeroed in another bit than dissect.vmfs, and takes the first hole for the end of the
      // addresses in a descriptor: docs/formats/vmfs.md §9.
      if (!path.includes('lazy') && !path.includes('thin'))
        expect([path, await catOf(debugvmfs6, devices[0]!, path)]).toEqual([path, await hashOf(devices, path)])
  })
})

async function built(luns: number): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'vmkeep-vmfs-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const devices = Array.from({ length: luns }, (_, i) => join(folder, `lun-${i}`))
  const volume = { label: 'made', uuid: '68626f2d-90e23158-8a2e-bc2411b17e28', isPartitioned: false }
  await buildVmfs({ ...volume, devices, files: await newFiles() })
  return devices
}

async function newFiles(): Promise<NewFile[]> {
  const random = seededRandom('vmfs')
  const [small, wide] = [new MemoryDisk(24 * mib + 512), new MemoryDisk(340 * mib)]
  await small.write(3 * mib + 7, random.bytes(2 * mib))
  await wide.write(5 * mib + 7, random.bytes(mib))
  await wide.write(330 * mib, random.bytes(2 * mib + 5))
  return [
    { path: 'readme.txt', content: Buffer.from('a few bytes in the descriptor') },
    { path: 'web/web.vmdk', content: random.bytes(3584) },
    { path: 'web/one-more-byte', content: random.bytes(3585) },
    { path: 'web/thin-flat.vmdk', content: small },
    { path: 'web/eager-flat.vmdk', content: small, format: 'eager' },
    { path: 'web/lazy-flat.vmdk', content: small, format: 'lazy' },
    { path: 'web/behind-pointers', content: small, through: 'pointer-blocks' },
    { path: 'web/wide-flat.vmdk', content: wide },
    { path: 'web/large-flat.vmdk', content: small, inLargeBlocks: true },
    { path: 'web/double-flat.vmdk', content: wide, through: 'double-pointer-blocks' },
    ...Array.from({ length: 40 }, (_, i) => ({ path: `many/file-${i}`, content: random.bytes(i) })),
  ]
}

const open = async (devices: readonly string[]) =>
  VmfsVolume.open(await Promise.all(devices.map(async (name) => ({ name, disk: await openBlockDevice(name) }))))

async function filesOf(devices: readonly string[]): Promise<Seen[]> {
  await using volume = await open(devices)
  const seen: Seen[] = []
  const walk = async (folder: string): Promise<void> => {
    for (const { name, type } of await volume.list(folder)) {
      const path = folder === '' ? name : `${folder}/${name}`
      if (type === fileTypes.directory) await walk(path)
      if (type === fileTypes.file || (type === fileTypes.system && name !== '.sdd.sf'))
        seen.push(await seenAt(volume, path))
    }
  }
  await walk('')
  return seen
}

async function seenAt(volume: VmfsVolume, path: string): Promise<Seen> {
  const file = await volume.openFile(path)
  const sizeBytes = file.capacityBytes
  const extents = await collect(file.allocated(whole(sizeBytes)))
  const samples = extents.flatMap(samplesOf)
  const hash = createHash('sha256')
  for (const { offsetBytes, lengthBytes } of samples) {
    const bytes = Buffer.alloc(lengthBytes)
    await file.read(offsetBytes, bytes)
    hash.update(bytes)
  }
  expect(await file.changed()).toBeUndefined()
  const pairs = (list: readonly Extent[]) =>
    list.map(({ offsetBytes, lengthBytes }) => [offsetBytes, lengthBytes] as const)
  return { path, sizeBytes, runs: pairs(extents), samples: pairs(samples), hash: hash.digest('hex') }
}

/** The first 64 KiB of each block, but of large files only of some: a judge in Python takes its time. */
function samplesOf(run: Extent): Extent[] {
  const blocks = [...cut(run, mib)]
  const step = Math.ceil(blocks.length / 128)
  return blocks
    .filter((_, i) => i % step === 0 || i === blocks.length - 1)
    .map(({ offsetBytes, lengthBytes }) => ({ offsetBytes, lengthBytes: Math.min(lengthBytes, 65_536) }))
}

async function hashOf(devices: readonly string[], path: string): Promise<string> {
  await using volume = await open(devices)
  const file = await volume.openFile(path)
  const hash = createHash('sha256')
  for (let at = 0; at < file.capacityBytes; at += 64 * mib) {
    const bytes = Buffer.alloc(Math.min(64 * mib, file.capacityBytes - at))
    await file.read(at, bytes)
    hash.update(bytes)
  }
  return hash.digest('hex')
}

/** debugvmfs6 begins everything it prints with what it found. */
async function catOf(debugvmfs: string, device: string, path: string): Promise<string> {
  const skipped = debugvmfs.endsWith('6') ? 'VMFS version: 6\n'.length : 0
  const script = `"$1" "$2" cat "/$3" | tail -c +${skipped + 1} | sha256sum`
  return (await mustAgree('bash', ['-o', 'pipefail', '-c', script, 'cat', debugvmfs, device, path])).slice(0, 64)
}

const dissect = `
import hashlib, json, sys
from dissect.vmfs import lvm, vmfs
asked = json.load(sys.stdin)
volume = lvm.LVM([open(path, 'rb') for path in asked['devices']]).volumes[0]
fs = vmfs.VMFS(volume.open())
def walk(folder, above):
    for entry in folder.iterdir():
        if entry.name in ('.', '..'): continue
        path = above + entry.name
        if int(entry.type) == 2: yield from walk(entry.file_descriptor, path + '/')
        if int(entry.type) == 3 or (int(entry.type) == 5 and entry.name != '.sdd.sf'): yield path
seen = []
for path in walk(fs.root, ''):
    file = fs.get(path)
    stream, digest = file.open(), hashlib.sha256()
    samples = asked['samples'].get(path, [])
    for offset, length in samples:
        stream.seek(offset)
        digest.update(stream.read(length))
    holes = []
    for at in asked['holes'].get(path, []):
        stream.seek(at)
        holes.append(stream.read(512))
    seen.append({'path': path, 'sizeBytes': file.size, 'samples': samples, 'hash': digest.hexdigest(), 'zero': not any(any(hole) for hole in holes)})
print(json.dumps({'label': fs.label, 'uuid': fs.uuid if isinstance(fs.uuid, str) else str(fs.uuid), 'files': seen}))
`

async function expectSeenByDissect(python: string, devices: readonly string[], ours: readonly Seen[]): Promise<void> {
  const samples = Object.fromEntries(ours.map((file) => [file.path, file.samples]))
  // Right behind each run, and in the midst of the gap after it, the judge too must see zeroes.
  const holes = Object.fromEntries(ours.map((file) => [file.path, holesOf(file)]))
  const input = JSON.stringify({ devices, samples, holes })
  const { files } = JSON.parse(await mustAgree(python, ['-c', dissect], { input, timeoutMs: 280_000 })) as {
    files: (Omit<Seen, 'runs'> & { zero: boolean })[]
  }
  const byPath = (a: { path: string }, b: { path: string }) => (a.path < b.path ? -1 : 1)
  const expected = ours.map(({ runs: _, ...file }) => ({ ...file, zero: true }))
  expect(files.toSorted(byPath)).toEqual(expected.toSorted(byPath))
}

function holesOf({ sizeBytes, runs }: Seen): number[] {
  const starts = [0, ...runs.map(([offset, length]) => offset + length)]
  const ends = [...runs.map(([offset]) => offset), sizeBytes]
  return starts.flatMap((start, i) =>
    ends[i]! - start < 1024 ? [] : [start, Math.floor((start + ends[i]!) / 1024) * 512],
  )
}
