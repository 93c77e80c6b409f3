import { writeFileSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { whole } from '@vmkeep/disk'
import { bytesOf, imageOf, sampleContent } from '@vmkeep/disk/testing'
import { type ImageReader, type Repository, repositoryFail } from '@vmkeep/repository'
import type { RunEvent, VmPoint } from '@vmkeep/run'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type DiskFileFormat, diskFileFormats, openDiskFile } from './disk-file.ts'
import { restoreToFiles } from './restore-to-files.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vmkeep-to-files-'))
})
afterEach(() => rm(folder, { recursive: true }))

const contents = [sampleContent(), sampleContent(3 * 1024 * 1024, 'second')]
const point = {
  id: 'p1',
  name: 'web',
  configXml: 'config',
  homeFiles: [{ name: 'web.vmx', kind: 'vmx', blob: 'vmx' }],
  memory: [],
  disks: contents.map(({ capacityBytes }, i) => ({
    key: 2000 + i,
    label: `Hard disk ${i + 1}`,
    address: `scsi0:${i}`,
    metadata: { adapterType: 'lsilogic' },
    image: { capacityBytes },
  })),
} as unknown as VmPoint

/** Holds the two sample disks; a blob is its own name. */
const repository = {
  openImage: async ({ capacityBytes }: { capacityBytes: number }) => fakeImage(capacityBytes),
  readBlob: async (id: string) => Buffer.from(id),
  lostExtents: async () => ({ mapLost: false, extents: [] }),
} as unknown as Repository

function fakeImage(capacityBytes: number): ImageReader {
  const { runs } = contents.find((content) => content.capacityBytes === capacityBytes)!
  return {
    capacityBytes,
    async *runs() {
      for (const run of runs) yield { ...run, [Symbol.dispose]: () => {} }
    },
    [Symbol.asyncDispose]: async () => {},
  } as unknown as ImageReader
}

interface Change {
  readonly format?: DiskFileFormat
  readonly onEvent?: (event: RunEvent) => void
  readonly from?: Repository
  readonly allowDamaged?: boolean
  readonly of?: VmPoint
  readonly disks?: readonly string[]
}
const restore = ({
  format = 'raw',
  onEvent = () => {},
  from = repository,
  allowDamaged = false,
  of = point,
  disks = [],
}: Change = {}) =>
  restoreToFiles({
    repository: from,
    allowDamaged,
    point: of,
    folder,
    format,
    disks,
    verify: true,
    onEvent,
    signal: new AbortController().signal,
  })

const rawFiles = ['web-scsi0-0.raw', 'web-scsi0-1.raw', 'web-config.xml', 'web.vmx', 'web-restored.json']
const names = async () => (await readdir(folder)).toSorted()

async function expectBytes(format: DiskFileFormat): Promise<void> {
  for (const [i, content] of contents.entries()) {
    const path = join(folder, `web-scsi0-${i}.${format === 'raw' ? 'raw' : 'vmdk'}`)
    await using disk = await openDiskFile(path, format)
    expect((await bytesOf(disk, whole(content.capacityBytes))).equals(imageOf(content))).toBe(true)
  }
}

const failAtSecondDisk = (event: RunEvent) => {
  if (event.type === 'disk-phase' && event.disk === 'Hard disk 2') throw new Error('the repository is gone')
}

describe('a restore to files', () => {
  it('ends with its report, which names every file', async () => {
    const report = await restore()
    expect(JSON.parse(await readFile(join(folder, 'web-restored.json'), 'utf8'))).toEqual(report)
    const told = [...report.disks.map(({ target }) => target), ...report.files]
    expect(told).toEqual(rawFiles.map((name) => join(folder, name)))
    expect(await names()).toEqual(rawFiles.toSorted())
  })

  it('holds the memory of the guest too, byte for byte, where all disks are restored', async () => {
    const { capacityBytes } = contents[1]!
    const memory = [{ name: 'web-Snapshot1.vmem', kind: 'snapshotMemory', image: { capacityBytes } }]
    const of = { ...point, memory } as unknown as VmPoint
    const report = await restore({ format: 'monolithicSparse', of })
    expect(report.files[0]).toBe(join(folder, 'web-Snapshot1.vmem'))
    expect((await readFile(report.files[0]!)).equals(imageOf(contents[1]!))).toBe(true)
    await rm(folder, { recursive: true })
    await mkdir(folder)
    await restore({ of, disks: ['scsi0:1'] })
    expect(await names()).not.toContain('web-Snapshot1.vmem')
  })

  it('of a point of which parts are lost makes nothing, and names them, unless that is allowed', async () => {
    const lost = { offsetBytes: 65_536, lengthBytes: 131_072 }
    const [whole, broken] = [contents[0]!.capacityBytes, contents[1]!.capacityBytes]
    const damaged = {
      ...repository,
      lostExtents: async ({ capacityBytes }: { capacityBytes: number }) => ({
        mapLost: false,
        extents: capacityBytes === broken ? [lost] : [],
      }),
      async openImage(
        { capacityBytes }: { capacityBytes: number },
        _: AbortSignal,
        { onDamaged }: { onDamaged: (extent: typeof lost) => void },
      ) {
        if (capacityBytes !== whole) for (let reading = 0; reading < 2; reading++) onDamaged(lost)
        return fakeImage(capacityBytes)
      },
      async readBlob(id: string) {
        if (id === 'vmx') throw repositoryFail('repository.chunk-missing', { id })
        return Buffer.from(id)
      },
    } as unknown as Repository
    await expect(restore({ from: damaged })).rejects.toMatchObject({
      code: 'restore.point-damaged',
      remedy: 'quarantine',
      message: expect.stringContaining('Hard disk 2, 131072 bytes from 65536'),
      details: { point: 'p1', ranges: [{ disk: 'Hard disk 2', ...lost }] },
    })
    expect(await names()).toEqual([])
    const { disks, files, warnings } = await restore({ from: damaged, allowDamaged: true })
    expect(disks.map(({ damaged: parts }) => parts)).toEqual([[], [lost]])
    expect(files).not.toContain(join(folder, 'web.vmx'))
    expect(warnings).toMatchObject([{ code: 'file-lost' }])
  })

  it.each(diskFileFormats)(
    'run twice at once as %s is done by one of them, and the bytes are right',
    async (format) => {
      const outcomes = await Promise.allSettled([restore({ format }), restore({ format })])
      expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
      const lost = outcomes.find((outcome) => outcome.status === 'rejected')
      expect(lost?.reason).toMatchObject({ code: expect.stringMatching(/^restore\.target-(exists|busy)$/) })
      expect((await names()).filter((name) => name.endsWith('.partial'))).toEqual([])
      await expectBytes(format)
    },
  )

  it('keeps another one away for as long as it is at work', async () => {
    let other: Promise<unknown> | undefined
    const onEvent = () => void (other ??= restore().catch((error: unknown) => error))
    await restore({ onEvent })
    expect(await other).toMatchObject({ code: 'restore.target-busy', details: { folder, pid: process.pid } })
    await expectBytes('raw')
  })

  it('that failed says so to the next one, whose remedy works', async () => {
    await expect(restore({ onEvent: failAtSecondDisk })).rejects.toThrow('the repository is gone')
    expect(await names()).toEqual(['web-scsi0-0.raw'])
    await expect(restore()).rejects.toMatchObject({
      code: 'restore.target-exists',
      message: expect.stringMatching(/web-scsi0-0\.raw, but no web-restored\.json, which ends every restore/),
    })
    await mkdir(join(folder, 'away'))
    await rename(join(folder, 'web-scsi0-0.raw'), join(folder, 'away', 'web-scsi0-0.raw'))
    await restore()
    await expectBytes('raw')
  })

  it('that is there says so to the next one, and stays as it is', async () => {
    await restore()
    await expect(restore()).rejects.toMatchObject({
      code: 'restore.target-exists',
      message: expect.stringMatching(/and 2 more, of the restore that web-restored\.json tells of/),
    })
    await expectBytes('raw')
  })

  it("is refused before its first byte if one of a VMDK's files is there", async () => {
    await writeFile(join(folder, 'web-scsi0-1-flat.vmdk'), 'theirs')
    await expect(restore({ format: 'monolithicFlat' })).rejects.toMatchObject({ code: 'restore.target-exists' })
    expect(await names()).toEqual(['web-scsi0-1-flat.vmdk'])
  })

  it.each(diskFileFormats)('as %s never replaces what comes meanwhile', async (format) => {
    const name = `web-scsi0-1${format === 'monolithicFlat' ? '-flat' : ''}.${format === 'raw' ? 'raw' : 'vmdk'}`
    const onEvent = (event: RunEvent) => {
      if (event.type === 'disk-progress') writeFileSync(join(folder, name), 'theirs')
    }
    await expect(restore({ format, onEvent })).rejects.toMatchObject({
      code: 'restore.target-exists',
      details: { folder, names: name },
    })
    expect(await readFile(join(folder, name), 'utf8')).toBe('theirs')
    expect((await names()).filter((each) => each.endsWith('.partial') || each.endsWith('.json'))).toEqual([])
  })

  it('warns of half-written files whose process may live elsewhere, and leaves them', async () => {
    const left = 'web-scsi0-0.raw.4711-99-b007b007b007-00000000.partial'
    await writeFile(join(folder, left), 'half')
    const { warnings } = await restore()
    expect(warnings).toEqual([{ code: 'partial-files-left', message: expect.stringContaining(left) }])
    expect(await names()).toEqual([...rawFiles, left].toSorted())
  })
})
