import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { collect, Secret, systemClock } from '@vmkeep/kit'
import { createRepository, openFolderStorage, openKeySlots, openRepository, type SyncReport } from '@vmkeep/repository'
import { backUp, noise } from '@vmkeep/repository/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { vmkeep } from '../testing.ts'

// Between real repositories in folders, with keys that are cheap to try.

const cheap = { kdf: { memoryKiB: 64, passes: 1, parallelism: 1 }, workersMax: 0 }
const [mainKey, otherKey] = [new Secret('open sesame'), new Secret('something else')]
const [first, second] = [noise(700_000, 1), noise(700_000, 2)]
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vmkeep-sync-'))
  const main = await openFolderStorage(join(folder, 'main'), { create: true })
  await using source = (await createRepository(main, { passphrase: mainKey, ...cheap })).repository
  for (const disk of [first, second]) {
    await backUp(source, { disk })
    await new Promise((resolve) => setTimeout(resolve, 2)) // ids ascend with time
  }
  const keysOf = await openKeySlots(main, { key: mainKey })
  const twin = await openFolderStorage(join(folder, 'twin'), { create: true })
  await using _twin = (await createRepository(twin, { passphrase: mainKey, keysOf, ...cheap })).repository
  const other = await openFolderStorage(join(folder, 'other'), { create: true })
  await using _other = (await createRepository(other, { passphrase: otherKey, ...cheap })).repository
  const [keyFile, otherKeyFile] = [join(folder, 'key'), join(folder, 'other-key')]
  await writeFile(keyFile, mainKey.reveal(), { mode: 0o600 })
  await writeFile(otherKeyFile, otherKey.reveal(), { mode: 0o600 })
  const config = [
    `repository: {path: ${join(folder, 'main')}, keyFile: ${keyFile}}`,
    'repositories:',
    `  - {name: offsite, path: ${join(folder, 'other')}, keyFile: ${otherKeyFile}, limitRate: 900MiB/s}`,
    `  - {name: twin, path: ${join(folder, 'twin')}, retention: {keepLast: 1, guards: {minAge: 0h}}}`,
    'retention: {keepLast: 5}',
  ]
  await writeFile(join(folder, 'config.yaml'), config.join('\n'))
})
afterEach(() => rm(folder, { recursive: true }))

const run = (line: string) =>
  vmkeep([...line.split(' '), '--config', join(folder, 'config.yaml')], {
    home: folder,
    clock: systemClock,
  })
const at = (name: string) => join(folder, name)
const outcomes = (stdout: string) => (JSON.parse(stdout) as SyncReport).points.map(({ outcome }) => outcome)

async function imagesIn(name: string, key: Secret): Promise<Uint8Array[]> {
  await using repository = await openRepository(await openFolderStorage(at(name)), { key, workersMax: 0 })
  const images: Uint8Array[] = []
  for await (const point of repository.points()) {
    if (point.damaged !== undefined) throw point.damaged
    const { image } = point.images[0]!
    await using reader = await repository.openImage(image)
    const bytes = new Uint8Array(image.capacityBytes)
    await reader.read(0, bytes)
    images.push(bytes)
  }
  return images
}

describe('repo sync', () => {
  it('copies between repositories by path and by name, once', async () => {
    const planned = await run(`repo sync ${at('main')} twin --dry-run`)
    expect(planned).toMatchObject({ code: 0 })
    expect(planned.stdout).toMatch(/2 restore points would be copied, 1\.\d MiB; 0 there already/)
    const ran = await run(`repo sync ${at('main')} twin`)
    expect({ code: ran.code, stderr: ran.stderr }).toMatchObject({ code: 0 })
    expect(ran.stdout).toMatch(/2 restore points copied, 1\.\d MiB; 0 there already/)
    expect((await run(`repo sync ${at('main')} ${at('twin')}`)).stdout).toMatch(
      /^0 restore points copied, 0 B; 2 there/,
    )
    const images = await imagesIn('twin', mainKey)
    expect(images.map((image) => [first, second].findIndex((disk) => disk.equals(image)))).toEqual([0, 1])
  })

  it('seals anew for a repository with a key of its own, and says so', async () => {
    const { code, stdout } = await run(`repo sync ${at('main')} offsite --last 1`)
    expect(code).toBe(0)
    expect(stdout).toMatch(/1 restore point copied, .* sealed anew/)
    expect((await imagesIn('other', otherKey)).map((image) => second.equals(image))).toEqual([true])
    expect(outcomes((await run(`repo sync ${at('main')} offsite -o json`)).stdout)).toEqual(['copied', 'there'])
  })

  it('chooses by VM and age', async () => {
    expect(outcomes((await run(`repo sync ${at('main')} twin --vm nobody -o json`)).stdout)).toEqual([])
    expect(outcomes((await run(`repo sync ${at('main')} twin --vm Subj* --dry-run -o json`)).stdout)).toEqual([
      'would-copy',
      'would-copy',
    ])
  })

  it('reports a damaged point, copies the other, and exits as partly done', async () => {
    const storage = await openFolderStorage(at('main'))
    const [pack] = (await collect(storage.list('packs/'))).filter(({ sizeBytes }) => sizeBytes > 600_000)
    const bytes = Buffer.from((await storage.get(pack!.key, 2 ** 21))!)
    bytes[1000]! ^= 1
    await storage.delete(pack!.key)
    await storage.putNew(pack!.key, bytes)
    const { code, stdout } = await run(`repo sync ${at('main')} twin`)
    expect(code).toBe(3)
    expect(stdout).toMatch(/cannot be copied, because what it needs is damaged.*repository\.copy-damaged/)
    expect(stdout).toMatch(/1 restore point copied/)
  })

  it.each([
    ['itself', 'main', 2, 'repository.copy-to-itself'],
    ['a place without a repository', 'nowhere', 10, 'storage.missing'],
    ['a repository with another key', 'other', 12, 'repository.wrong-key'],
  ])('refuses %s', async (_, target, code, error) => {
    const ran = await run(`repo sync ${at('main')} ${at(target)}`)
    expect(ran).toMatchObject({ code, stderr: expect.stringContaining(error) as string })
  })

  it('refuses a rate that is none', async () =>
    expect((await run(`repo sync ${at('main')} twin --limit-rate fast`)).code).toBe(2))
})

describe('--repo with a name of the config', () => {
  it('means that repository, with its key and its retention', async () => {
    await run(`repo sync ${at('main')} twin`)
    await run(`repo sync ${at('main')} offsite`)
    const status = await run('repo status --repo offsite -o json')
    expect(JSON.parse(status.stdout)).toMatchObject({ points: 2 })
    const removed = async (repo: string) =>
      (JSON.parse((await run(`retention preview --removed -o json --repo ${repo}`)).stdout) as unknown[]).length
    expect(await removed('twin')).toBe(1)
    expect(await removed('offsite')).toBe(0)
  })
})
