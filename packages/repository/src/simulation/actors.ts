// Who is at work in a schedule. Whoever adds a kind of work to the repository adds an actor here: a function, a line in `cast`.
import assert from 'node:assert/strict'
import { codeOf, type ErrorData, hasCode } from '@vmkeep/kit'
import type { Repository } from '../repository.ts'
import { manifestOf, writeRuns } from '../testing.ts'
import type { Work } from './kinds.ts'
import { died } from './process.ts'
import { below, happens, pick } from './quick-random.ts'
import { chunkBytes, chunksPerDisk, compare, type Content, palette, type World } from './world.ts'

/** `linger`: it takes its time, while others go on. */
export type Act = (
  world: World,
  repository: Repository,
  linger: () => Promise<void>,
  /** What copiers copy from, and healers. */
  from?: Repository,
) => Promise<void>

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
  const { random, committed, forgotten, used } = world
  if (committed.size === 0) return
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

/** Brings what is not there yet from another repository. */
export const copy: Act = async (world, repository, _linger, from) => {
  const verifiedOnly = happens(world.random, 0.1)
  for (const { outcome, copy: id, error } of (await repository.syncFrom(from!, { verifiedOnly })).points) {
    if (id !== undefined) {
      world.committed.add(id)
      world.used.add(id) // others are compared with it
    }
    if (outcome === 'failed') checkFailure(error!)
    if (outcome === 'damaged') checkDamage(error!, world)
  }
}

/** Somebody who looks whether all is well, and brings back what is not from a copy of the repository. */
export const heal: Act = async ({ random }, repository, linger, from) => {
  if (happens(random, 0.7)) await repository.verify()
  await linger()
  await repository.repair({ from })
}

export type Role = 'writer' | 'collector' | 'reader' | 'forgetful' | 'copier' | 'healer'

/** A process that takes part: what it does, and how often at most. */
export interface Actor {
  readonly role: Role
  readonly act: Act
  readonly times: number
  /** In the repository that is copied to. */
  readonly isThere?: boolean
  /** With keys of maintenance only, where both repositories have the same keys. */
  readonly isKeyless?: boolean
}

const writer: Actor = { role: 'writer', act: backUp, times: 2 }
const collector: Actor = { role: 'collector', act: gather, times: 2 }
const forgetful: Actor = { role: 'forgetful', act: forget, times: 3 }
const reader: Actor = { role: 'reader', act: restore, times: 2 }
const copier: Actor = { role: 'copier', act: copy, times: 2, isThere: true }
const healer: Actor = { role: 'healer', act: heal, times: 2 }
const there = { times: 2, isThere: true }

const casts: Readonly<Record<Work, readonly Actor[]>> = {
  plain: [writer, writer, collector, collector, forgetful, reader],
  copies: [
    writer,
    collector,
    forgetful,
    copier,
    { ...copier, isKeyless: true },
    { ...collector, ...there },
    { ...collector, ...there, times: 1 },
    { ...forgetful, ...there },
  ],
  repairs: [writer, writer, collector, collector, forgetful, reader, healer, healer],
}

export const castOf = (work: Work): readonly Actor[] => casts[work]

/** How the protocol says no. */
const refusals = [
  'repository.session-fenced',
  'repository.session-ended',
  'repository.name-vanished',
  'repository.dependency-lost',
  'repository.point-buried',
  'repository.point-not-found',
  'repository.commit-unknown',
  'storage.unavailable',
]

/** How the protocol says no, and how a process ends. Everything else is a fault. */
export function checkExpected(error: unknown, { pristine }: World): void {
  if (error === died || (error as Error).cause === died) return
  if (pristine !== undefined && hasCode(error, 'repository.chunk-corrupt')) return
  assert(refusals.includes(codeOf(error) ?? ''), error as Error)
}

/** Without data keys nothing is copied before somebody who has them has copied something. */
const copyRefusals = [...refusals, 'repository.generation-unproven']

function checkFailure({ code, message }: ErrorData): void {
  const isExpected = code === undefined ? message === died.message : copyRefusals.includes(code)
  assert(isExpected, `a copy fails: ${code} ${message}`)
}

/** Only what was let go before the copier held it may be missing. */
function checkDamage({ message }: ErrorData, { honestClocks }: World): void {
  assert(!honestClocks || /released meanwhile|there no more/.test(message), `a copy finds damage: ${message}`)
}
