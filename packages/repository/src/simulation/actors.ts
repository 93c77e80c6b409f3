// Who is at work in a schedule. Whoever adds a kind of work to the repository adds an actor here: a function, a line in `cast`.
import assert from 'node:assert/strict'
import { codeOf, hasCode } from '@vmkeep/kit'
import type { Repository } from '../repository.ts'
import { manifestOf, writeRuns } from '../testing.ts'
import { died } from './process.ts'
import { below, happens, pick } from './quick-random.ts'
import { chunkBytes, chunksPerDisk, compare, type Content, palette, type World } from './world.ts'

/** `linger`: it takes its time, while others go on. */
export type Act = (world: World, repository: Repository, linger: () => Promise<void>) => Promise<void>

/** A disk, each chunk of which other disks may hold as well. Often it inherits from a point. */
export const backUp: Act = async (world, repository, linger) => {
  const { random, contents, committed } = world
  const base = committed.size > 0 && happens(random, 0.6) ? await repository.point(somePoint(world)) : undefined
  if (base !== undefined) world.used.add(base.id)
  await using session = await repository.beginSession()
  const content = [...(base === undefined ? newContent(world) : contents.get(base.id)!)]
  const image = await session.beginImage({
    capacityBytes: chunksPerDisk * chunkBytes,
    unwritten: 'inherit',
    ...(base === undefined ? {} : { base: { point: base.id, image: base.images[0]!.image } }),
  })
  const changed = base === undefined ? content.keys() : [below(random, chunksPerDisk)]
  for (const i of changed) {
    if (base !== undefined) content[i] = below(random, palette.length)
    await writeRuns(image, [{ offsetBytes: i * chunkBytes, bytes: palette[content[i]!]! }])
  }
  await linger()
  const stored = await image.finish()
  if (happens(random, 0.1)) return // given up: the session is abandoned
  contents.set(session.id, content)
  await session.commit(manifestOf({ disk: stored }))
  committed.add(session.id)
}

/** One that was committed, whatever became of it. */
const somePoint = ({ random, committed }: World): string => pick(random, [...committed])

const newContent = ({ random }: World): Content =>
  Array.from({ length: chunksPerDisk }, () => below(random, palette.length))

/** A restore under way: the point is held, whatever becomes of it meanwhile. */
export const restore: Act = async (world, repository, linger) => {
  const point = await repository.point(somePoint(world))
  world.used.add(point.id)
  await using _ = await repository.holdPoint(point.id)
  await linger()
  try {
    await compare(repository, point, world.contents.get(point.id))
  } catch (error) {
    // Whose clock is a day behind that of a collector has a hold that looks a day old.
    const passedOver = !world.honestClocks && world.forgotten.has(point.id)
    if (!(passedOver && hasCode(error, 'repository.pack-missing', 'repository.chunk-missing'))) throw error
  }
}

export const forget: Act = async (world, repository) => {
  const { random, forgotten, used } = world
  const id = used.size > 0 && happens(random, 0.7) ? pick(random, [...used]) : somePoint(world)
  forgotten.add(id)
  await repository.forget(id, { reason: 'simulated' })
  if (happens(random, 0.4)) await repository.restoreForgotten(id)
}

export const gather: Act = async ({ random }, repository) => {
  await repository.collect({
    graceMs: -3_600_000, // over at once, whatever the clocks say
    silentMs: pick(random, [0, 5, 30]) * 60_000,
    waitMsMax: pick(random, [0, Infinity]),
    deadShareMax: pick(random, [0, 0.2, 1]),
  })
}

export type Role = 'writer' | 'collector' | 'reader' | 'forgetful'

/** A process of each takes part: what it does, and how often. */
export const cast: readonly { readonly role: Role; readonly act: Act; readonly times: number }[] = [
  { role: 'writer', act: backUp, times: 2 },
  { role: 'writer', act: backUp, times: 2 },
  { role: 'collector', act: gather, times: 2 },
  { role: 'collector', act: gather, times: 2 },
  { role: 'forgetful', act: forget, times: 3 },
  { role: 'reader', act: restore, times: 2 },
]

/** How the protocol says no, and how a process ends. Everything else is a fault. */
export function checkExpected(error: unknown): void {
  if (error === died || (error as Error).cause === died) return
  const expected = [
    'repository.session-fenced',
    'repository.session-ended',
    'repository.dependency-lost',
    'repository.point-buried',
    'repository.point-not-found',
    'repository.commit-unknown',
    'storage.unavailable',
  ]
  assert(expected.includes(codeOf(error) ?? ''), error as Error)
}
