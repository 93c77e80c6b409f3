// What the repository has lost, the live VM gives back: the next backup reads it again although nothing changed there.
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { seededRandom } from '@vmkeep/kit'
import type { VmDescription } from '@vmkeep/lab'
import { expect, it } from 'vitest'
import { World } from '../support/world.ts'

const MiB = 1024 * 1024
const web: VmDescription = { name: 'web', disks: [{ capacityBytes: 24 * MiB, format: 'thin' }] }

/** A VM with one good restore point, and 8 MiB near the beginning of its disk. */
async function worldWithPoint() {
  const world = await World.start({ seed: 'healing', vms: [web] })
  const disk = world.lab.vm('web').disk()
  await disk.writeGuest(MiB, seededRandom('web').bytes(8 * MiB))
  const first = await world.backupAtInstant('web')
  expect(first.report.outcome).toBe('ok')
  return { world, first }
}

const writeElsewhere = (world: World) =>
  world.lab
    .vm('web')
    .disk()
    .writeGuest(20 * MiB, seededRandom('more').bytes(MiB))

/** The packs in the repository's folder, the largest first: data before maps. */
async function packsOf(world: World): Promise<string[]> {
  const root = join(world.folder, 'repository', 'packs')
  const names = (await readdir(root, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
  const paths = names.map(({ parentPath, name }) => join(parentPath, name))
  const sizes = await Promise.all(paths.map(async (path) => ({ path, size: (await stat(path)).size })))
  return sizes.toSorted((a, b) => b.size - a.size).map(({ path }) => path)
}

async function flip(path: string, places: (bytes: Buffer) => readonly number[]): Promise<void> {
  const bytes = await readFile(path)
  for (const at of places(bytes)) bytes[at]! ^= 1
  await rm(path)
  await writeFile(path, bytes)
}

/** Where a page of a map begins: a blob of type 2. */
const mapPage = (bytes: Buffer) => bytes.indexOf(Buffer.from('BLB1\u0002', 'latin1'))

it.each<[string, (world: World) => Promise<void>, 'incremental' | 'full']>([
  [
    'some chunks rotted',
    async (world) => flip((await packsOf(world))[0]!, () => [5000, 2 * MiB, 4 * MiB]),
    'incremental',
  ],
  ['a data pack vanished', async (world) => rm((await packsOf(world))[0]!), 'incremental'],
  ['the map rotted', async (world) => flip((await packsOf(world)).at(-1)!, (bytes) => [mapPage(bytes) + 100]), 'full'],
])('after %s, the next backup heals every point', async (_name, damage, mode) => {
  const { world, first } = await worldWithPoint()
  await using _world = world
  await damage(world)
  // A page of the map comes back only with the same content: then nothing else is written.
  if (mode === 'incremental') await writeElsewhere(world)
  const found = await world.repository.verify()
  expect(found.damaged.flatMap(({ hits }) => hits.map(({ point }) => point))).toContain(first.report.vms[0]!.point)
  const second = await world.backupAtInstant('web')
  expect(second.report).toMatchObject({ outcome: 'ok', vms: [{ disks: [{ mode }] }] })
  const { sizes } = second.report.vms[0]!.disks[0]!
  if (mode === 'incremental') {
    expect(sizes.changedBytes).toBeGreaterThan(MiB) // what is lost counts as changed
    expect(world.events).toContainEqual(expect.objectContaining({ type: 'note', code: 'lost-data-read-again' }))
  }
  await world.expectEqual(second.report.vms[0]!.point, second.instant)
  await world.expectEqual(first.report.vms[0]!.point, first.instant)
  const { damaged } = await world.repository.verify()
  expect(damaged.flatMap(({ hits }) => hits)).toEqual([])
  const third = await world.backupAtInstant('web')
  expect(third.report.vms[0]!.disks[0]!.sizes.changedBytes).toBeLessThan(MiB) // nothing is lost any more
  world.expectClean()
})
