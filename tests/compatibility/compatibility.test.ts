// What any version has written, this one reads: it opens, lists, verifies, restores to the byte, and can be backed up to.
import { cp, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { collect } from '@vmkeep/kit'
import type { Repository } from '@vmkeep/repository'
import { backUp, contentOf, manifestOf } from '@vmkeep/repository/testing'
import { restoreToFiles } from '@vmkeep/restore'
import { vmPointOf } from '@vmkeep/run'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Golden, goldenFolders, openGolden, sha256 } from './golden.ts'
import { makeGolden } from './make-golden.ts'

const sizeBytesMax = 300 * 1024

let scratch: string
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'vmkeep-golden-'))
})
afterAll(() => rm(scratch, { recursive: true }))

describe.each(await goldenFolders())('a repository of vmkeep %s', (version) => {
  const original = join(import.meta.dirname, version)
  let folder: string
  let golden: Golden
  beforeAll(async () => {
    folder = join(scratch, version) // a copy: what is committed must not be touched
    await cp(original, folder, { recursive: true })
    golden = JSON.parse(await readFile(join(folder, 'golden.json'), 'utf8')) as Golden
  })

  it('opens with its passphrase and with its recovery code', async () => {
    for (const key of [golden.passphrase, golden.recoveryCode]) {
      await using repository = await openGolden(folder, key)
      expect(await collect(repository.points())).toHaveLength(golden.points.length)
    }
    await expect(openGolden(folder, 'wrong')).rejects.toMatchObject({ code: 'repository.wrong-key' })
  })

  it('lists its points and verifies in full', async () => {
    await using repository = await openGolden(folder, golden.passphrase)
    const listed = (await collect(repository.points())).map((point) => point.damaged ?? point)
    expect(listed).toMatchObject(
      golden.points.map(({ id, createdAt, vm: name, disks }) => ({
        id,
        createdAt,
        subject: { name, kind: 'vm' },
        images: disks.map(({ capacityBytes }) => ({ image: { capacityBytes } })),
      })),
    )
    expect(await repository.verify()).toMatchObject({ damaged: [] })
  })

  it('restores every image and file to the byte', async () => {
    await using repository = await openGolden(folder, golden.passphrase)
    for (const expected of golden.points) {
      const restored = await restore(repository, expected.id)
      for (const { address, sha256: hash } of expected.disks) expect(sha256(restored.get(address)!)).toBe(hash)
      for (const { id, sha256: hash } of Object.values(expected.blobs))
        expect(sha256(await repository.readBlob(id))).toBe(hash)
    }
  })

  it('takes new points beside the old ones, and increments on top of them', async () => {
    await using repository = await openGolden(folder, golden.passphrase)
    const before = await collect(repository.points())
    const last = await repository.point(golden.points.at(-1)!.id)
    await using session = await repository.beginSession()
    const { image: base } = last.images[0]!
    const image = await session.beginImage({
      capacityBytes: base.capacityBytes,
      base: { point: last.id, image: base },
      unwritten: 'inherit',
    })
    await image.zero({ offsetBytes: 0, lengthBytes: base.chunkSizeBytes })
    const next = await session.commit(manifestOf({ disk: await image.finish() }))
    const content = Buffer.from(await contentOf(repository, base))
    content.fill(0, 0, base.chunkSizeBytes)
    expect(sha256(await contentOf(repository, next.images[0]!.image))).toBe(sha256(content))
    const another = await backUp(repository, { disk: Buffer.alloc(1000, 'new') })
    expect(await collect(repository.points())).toMatchObject([...before, next, another]) // and when they were stored
    expect(await repository.verify()).toMatchObject({ damaged: [] })
  })

  it('is small', async () => expect(await sizeOf(original)).toBeLessThan(sizeBytesMax))

  async function restore(repository: Repository, id: string): Promise<Map<string, Uint8Array>> {
    const report = await restoreToFiles({
      repository,
      point: vmPointOf(await repository.point(id)),
      folder: join(scratch, `${version}-${id}`),
      format: 'raw',
      disks: [],
      verify: true,
      onEvent: () => {},
      signal: new AbortController().signal,
    })
    return new Map(
      await Promise.all(report.disks.map(async ({ address, target }) => [address, await readFile(target)] as const)),
    )
  }
})

it('this version writes one too, and the next will find it readable', async () => {
  const folder = join(scratch, 'made-today')
  const golden = await makeGolden(folder, '0.0.0')
  await using repository = await openGolden(folder, golden.recoveryCode)
  for (const { id, disks } of golden.points) {
    const { images } = await repository.point(id)
    for (const [i, { sha256: hash }] of disks.entries())
      expect(sha256(await contentOf(repository, images[i]!.image))).toBe(hash)
  }
  await expect(makeGolden(folder, '0.0.0')).rejects.toThrow(/EEXIST/)
})

async function sizeOf(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true })
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size))
  return sizes.reduce((sum, size) => sum + size, 0)
}
