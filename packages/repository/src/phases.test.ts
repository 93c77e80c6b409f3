// Every operation meets every fault in every phase. A phase is a kind of call on a kind of object, as the operation makes them. What must
// hold: a stumble is got over; what lasts is told for what it is; a list that lies loses nothing; and afterwards everything that was
// committed is whole, the operation works, and a collection ends.
import { AppError, collect, errorFromData, FaultPlan, seededRandom } from '@vmkeep/kit'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Repository } from './repository.ts'
import { type StorageFault, faulty } from './storage/faulty-storage.ts'
import { memoryStorage } from './storage/memory-storage.ts'
import type { Storage } from './storage/storage.ts'
import {
  backUp,
  changedStorage,
  copyOf,
  createTestRepository,
  createTestTwin,
  noise,
  powerCut,
  reopenTestRepository,
  testChunkBytes as chunk,
} from './testing.ts'

const text = (word: string) => Buffer.alloc(chunk, `${word} `)
const disks: Readonly<Record<string, Buffer>> = {
  base: Buffer.concat([text('one'), text('two'), text('three')]),
  kept: Buffer.concat([text('one'), noise(chunk / 8, 'kept'), text('three')]),
  doomed: text('doomed'),
  mixed: Buffer.concat([text('mixed'), text('two')]),
  fresh: Buffer.concat([text('fresh'), text('doomed'), text('mixed')]), // some of it lies in condemned packs only
}
const now = { graceMs: 0, silentMs: 0, deadShareMax: 0.01 }

interface Places {
  /** Where it happens; it may be faulty. */
  readonly storage: Storage
  /** The same content, whole: a copy of the repository. */
  readonly copy: Storage
  readonly source: Storage
}

interface Operation {
  readonly run: (repository: Repository, places: Places) => Promise<unknown>
  /** What it is done to. */
  readonly on?: 'damaged'
}

const operations: Readonly<Record<string, Operation>> = {
  backup: {
    async run(repository) {
      const point = await backUp(repository, { fresh: disks['fresh']! }, { notes: Buffer.from('notes') })
      await repository.checkPoint(point)
    },
  },
  collect: { run: (repository) => repository.collect(now) },
  fold: { run: (repository) => repository.rebuildIndex() },
  forget: {
    run: async (repository) => {
      const [point] = await collect(repository.points())
      if (point === undefined) return // the list was cut
      await repository.forget(point.id, { reason: 'a test' })
      await repository.restoreForgotten(point.id)
      await repository.markPoint(point.id, { kind: 'tag', add: ['a'], remove: [] })
    },
  },
  verify: { run: (repository) => repository.verify() },
  sync: {
    async run(repository, { source }) {
      await using from = await reopenTestRepository(source, { seed: 'from' })
      const { points } = await repository.syncFrom(from)
      const bad = points.find(({ error }) => error !== undefined)
      if (bad !== undefined) throw errorFromData(bad.error!)
    },
  },
  repair: {
    on: 'damaged',
    async run(repository, { copy }) {
      await using from = await reopenTestRepository(copy, { seed: 'copy' })
      await repository.repair({ from })
    },
  },
  rotate: { run: (repository) => repository.rotateDataKey() },
  validation: { run: (repository) => repository.recordValidation([]) },
}

/** Everything there can be: standing points, one forgotten, one buried whose packs were condemned and are there still, a folded index and more. */
async function prepared() {
  const test = await createTestRepository(memoryStorage())
  const { repository, storage } = test
  const buried = await backUp(repository, { doomed: disks['doomed']! })
  const partly = await backUp(repository, { mixed: disks['mixed']! })
  await backUp(repository, { base: disks['base']! })
  await repository.forget(buried.id, { reason: 'a test' })
  const stopped = changedStorage(storage, {
    delete: (key, signal) => (key.startsWith('packs/') ? Promise.reject(powerCut) : storage.delete(key, signal)),
  })
  await using dying = await reopenTestRepository(stopped, { seed: 'dying' })
  await expect(dying.collect({ ...now, deadShareMax: 1 })).rejects.toBe(powerCut)
  await using next = await reopenTestRepository(storage, { seed: 'next' })
  await next.rebuildIndex()
  await backUp(next, { kept: disks['kept']! })
  await next.forget(partly.id, { reason: 'a test' })
  await next.verify()
  const twin = await createTestTwin(test, { seed: 'twin' })
  await backUp(twin.repository, { fresh: disks['fresh']! })
  const damaged = copyOf(storage)
  const [pack] = (await collect(storage.list('packs/'))).toSorted((a, b) => b.sizeBytes - a.sizeBytes)
  const bytes = new Uint8Array(damaged.objects.get(pack!.key)!)
  bytes[200]! ^= 1
  damaged.objects.set(pack!.key, bytes)
  await using finder = await reopenTestRepository(damaged, { seed: 'finder' })
  await finder.verify()
  const points = [...(await collect(repository.points())), ...(await collect(twin.repository.points()))]
  const roots = new Map(
    points.flatMap((point) =>
      (point.damaged === undefined ? point.images : []).map(({ key, image }) => [key, image.root] as const),
    ),
  )
  return { whole: storage, damaged, source: twin.storage, roots }
}

let start: Awaited<ReturnType<typeof prepared>>
beforeAll(async () => {
  start = await prepared()
})

const kindOf = (key: string) => /^(index\/\w+|keys\/\w+|sessions\/|[a-z]+)/.exec(key)?.[1] ?? key

/** The kinds of calls that an operation makes, on which kinds of objects. */
async function phasesOf({ run, on }: Operation): Promise<{ call: string; object: string }[]> {
  const memory = copyOf(on === 'damaged' ? start.damaged : start.whole)
  const seen = new Map<string, { call: string; object: string }>()
  const plan = {
    next(call: string, key: string) {
      const object = `${kindOf(key)}*`
      seen.set(`${call} ${object}`, { call, object })
      return undefined
    },
  } as unknown as FaultPlan<StorageFault>
  const storage = faulty(memory, plan)
  await using repository = await reopenTestRepository(storage, { seed: 'phases' })
  seen.clear()
  await run(repository, { storage, copy: copyOf(start.whole), source: copyOf(start.source) })
  return [...seen.values()]
}

interface Fault {
  readonly call: string
  readonly object: string
  readonly times?: number
  readonly then: StorageFault
}

/** Runs the operation with faults. Says how it ended. */
async function meet(operation: Operation, ...faults: readonly Fault[]) {
  const memory = copyOf(operation.on === 'damaged' ? start.damaged : start.whole)
  const places = { copy: copyOf(start.whole), source: copyOf(start.source) }
  const plan = new FaultPlan<StorageFault>(seededRandom('phases'))
  const storage = faulty(memory, plan)
  await using repository = await reopenTestRepository(storage, { seed: 'struck' })
  for (const { call: on, ...rule } of faults) plan.add({ on, ...rule })
  const error: unknown = await operation.run(repository, { storage, ...places }).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  plan.clear()
  return { memory, error, places }
}

/** Whatever happened: what is committed is whole, the operation works, a collection ends, and still everything is whole. */
async function expectWhole(operation: Operation, { memory, places }: Awaited<ReturnType<typeof meet>>) {
  await using repository = await reopenTestRepository(memory, { seed: 'after' })
  await operation.run(repository, { storage: memory, ...places })
  expect(await repository.collect(now)).toMatchObject({ outcome: 'done' })
  expect(await repository.verify()).toMatchObject({ damaged: [] })
  const names: string[] = []
  for (const point of await collect(repository.points())) {
    if (point.damaged !== undefined) throw point.damaged
    const [{ key, image }] = point.images as [(typeof point.images)[0]]
    names.push(key)
    expect(image.root).toBe(start.roots.get(key)) // and every id was held against its bytes
  }
  expect(names).toEqual(expect.arrayContaining(['base', 'kept']))
}

const isPut = (call: string) => call === 'storage.putNew'
/** Of a call that changes nothing it is all the same whether it or its reply was lost. */
const unanswered = (call: string): StorageFault[] =>
  isPut(call) || call.startsWith('storage.delete')
    ? [{ kind: 'fail-before' }, { kind: 'fail-after' }]
    : [{ kind: 'fail-before' }]

describe.each(Object.entries(operations))('%s', (_, operation) => {
  it('gets over every stumble and every lost reply', async () => {
    const phases = await phasesOf(operation)
    for (const kind of ['fail-before', 'fail-after'] as const) {
      const met = await meet(operation, ...phases.map((phase) => ({ ...phase, times: 1, then: { kind } })))
      expect(met.error, kind).toBeUndefined()
      await expectWhole(operation, met)
    }
  })

  it('says of what lasts what it is, and whether to try again', { timeout: 300_000 }, async () => {
    for (const phase of await phasesOf(operation)) {
      const faults = unanswered(phase.call)
      if (/put|list|Range/.test(phase.call)) faults.push({ kind: 'refused' })
      if (isPut(phase.call)) faults.push({ kind: 'full' })
      for (const then of faults) {
        const met = await meet(operation, { ...phase, then })
        const about = `${then.kind} ${phase.call} ${phase.object}: ${String(met.error)}`
        if (met.error !== undefined) expectClass(met.error, then, about)
        await expectWhole(operation, met)
      }
    }
  })

  it('loses nothing to a list that ends too early', { timeout: 300_000 }, async () => {
    for (const phase of await phasesOf(operation)) {
      if (phase.call !== 'storage.list') continue
      const met = await meet(operation, { ...phase, then: { kind: 'cut' } })
      if (met.error !== undefined) expect(met.error, phase.object).toBeInstanceOf(AppError)
      await expectWhole(operation, met)
    }
  })
})

function expectClass(error: unknown, then: StorageFault, about: string): void {
  expect(error, about).toBeInstanceOf(AppError)
  const { code, remedy, message } = error as AppError
  if (code === 'repository.chunk-unreadable')
    // of one among many: what is wrong with it, it says
    expect(message, about).toContain(then.kind === 'refused' ? 'refuses access to packs/' : 'a planned fault')
  else if (then.kind === 'refused')
    expect({ code, remedy }, about).toEqual({ code: 'storage.no-permission', remedy: 'call-operator' })
  else if (then.kind === 'full')
    expect({ code, remedy }, about).toEqual({ code: 'storage.full', remedy: 'call-operator' })
  else expect(remedy, about).toBe('retry')
}
