// What must hold when everybody is done.
import assert from 'node:assert/strict'
import { fakeClock } from '@vmkeep/kit/testing'
import type { Repository } from '../repository.ts'
import type { MemoryStorage } from '../storage/memory-storage.ts'
import { manifestOf, writeRuns } from '../testing.ts'
import type { Kind } from './kinds.ts'
import { quickRandom } from './quick-random.ts'
import type { Breaking } from './simulate.ts'
import { chunkBytes, compare, openKnown, palette, type Place, pointsOf } from './world.ts'

const all = { graceMs: 0, silentMs: 0, deadShareMax: 0 }
/** The first of the seats that no actor has. */
const seat = 16

interface Checking {
  readonly seed: number
  readonly kind: Kind
  readonly breaking: Breaking
}

/** Everything that was promised is there; a few collections leave what is needed and nothing else. */
export async function checkPlaces(
  { here, there }: { readonly here: Place; readonly there: Place | undefined },
  { seed, kind, breaking }: Checking,
): Promise<void> {
  let opened = 0
  const open = ({ known, world }: Place, storage = world.memory as Parameters<typeof openKnown>[1]) =>
    openKnown(known, storage, {
      clock: fakeClock(Date.UTC(2040, 0, 1)), // after whatever the clocks of the others said
      random: quickRandom(`check ${opened++} of ${seed}`),
      every: () => ({ [Symbol.dispose]: () => {} }),
      index: { deltasMax: kind.folds ? 1 : 256 },
      seat: seat + opened,
    })
  if (kind.work === 'repairs') {
    await using verifying = open(here)
    await verifying.verify()
    await using healing = open(here, breaking(here.world.memory, 'healer', here))
    await using pristine = open({ ...here, world: { ...here.world, memory: here.world.pristine! } })
    await heal(here, { healing, pristine, byBackup: seed % 16 === 7 })
  }
  await using repository = open(here)
  if (there === undefined) return await check(here, repository, kind)
  await using target = open(there)
  for (const { outcome, copy } of (await target.syncFrom(repository)).points) {
    assert(['copied', 'there', 'forgotten'].includes(outcome), `a copy ends as ${outcome}`)
    if (copy !== undefined) there.world.committed.add(copy)
  }
  await check(here, repository, kind)
  await check(there, target, kind)
}

/** By what another repository has, or by the next backup of the same bytes. */
async function heal(
  { world: { contents, committed } }: Place,
  { healing, pristine, byBackup }: { healing: Repository; pristine: Repository; byBackup: boolean },
): Promise<void> {
  if (!byBackup) return assert.deepEqual((await healing.repair({ from: pristine })).left, [])
  await using session = await healing.beginSession()
  const image = await session.beginImage({ capacityBytes: palette.length * chunkBytes, unwritten: 'zero' })
  await writeRuns(image, [{ offsetBytes: 0, bytes: Buffer.concat(palette) }])
  contents.set(session.id, [...palette.keys()])
  await session.commit(manifestOf({ disk: await image.finish() }))
  committed.add(session.id)
}

async function check({ world }: Place, repository: Repository, { empties }: Kind): Promise<void> {
  const { memory, contents, committed, forgotten } = world
  await collectUntilNothingIsLeft(repository)
  const points = await pointsOf(repository)
  for (const id of committed)
    assert(forgotten.has(id) || points.some((point) => point.id === id), `point ${id} is gone`)
  for (const point of points) await compare(repository, point, contents.get(point.origin?.point ?? point.id))
  assert.deepEqual(keysIn(memory, /^lost\//), [])
  if (!empties) return
  for (const { id } of points) await repository.forget(id, { reason: 'the end' })
  await collectUntilNothingIsLeft(repository)
  assert.deepEqual(keysIn(memory, /^(packs|index\/(delta|seg)|sessions)\//), [])
}

/** At most three times: one ends what others began, one takes what that set free: what a session held that it gave up counted as needed. */
async function collectUntilNothingIsLeft(repository: Repository): Promise<void> {
  for (let left = 3; ; left--) {
    const { outcome, packsDeleted, sessionsFenced } = await repository.collect(all)
    assert.equal(outcome, 'done')
    if (packsDeleted === 0 && sessionsFenced.length === 0) return
    assert(left > 0, 'one collection after the other removes packs')
  }
}

const keysIn = ({ objects }: MemoryStorage, pattern: RegExp) => [...objects.keys()].filter((key) => pattern.test(key))
