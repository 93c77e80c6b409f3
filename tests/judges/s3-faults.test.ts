// A whole life of a repository in a real S3 server, with a network and a service between that stumble: every kind of request meets every
// kind of fault, and what lasts is told for what it is.
import { codeOf, collect, type Clock, Secret } from '@vmkeep/kit'
import { fakeClock } from '@vmkeep/kit/testing'
import type { Storage } from '@vmkeep/repository'
import {
  backUp,
  contentOf,
  createTestRepository,
  createTestTwin,
  noise,
  reopenTestRepository,
  testChunkBytes as chunk,
} from '@vmkeep/repository/testing'
import { openS3Storage } from '@vmkeep/s3'
import { afterAll, beforeAll, expect } from 'vitest'
import { findJudge } from '../../tools/find-judge.ts'
import { type S3Server, s3ServerKey, startS3Server } from '../../tools/start-s3-server.ts'
import { type FaultyProxy, openFaultyProxy, type ProxyFault } from '../support/faulty-proxy.ts'
import { judgeTest } from './judge.ts'

const credentials = { ...s3ServerKey, secretAccessKey: new Secret(s3ServerKey.secretAccessKey) }
const program = findJudge('versitygw')
let server: S3Server | undefined
beforeAll(async () => {
  if (program !== undefined) server = await startS3Server(program)
})
afterAll(() => server?.[Symbol.asyncDispose]())

const judged = (name: string, check: () => Promise<void>) => judgeTest(name, ['versitygw'], check)
/** Time stands still while something is under way, and a wait is over at once: a deadline is never met. */
function patientClock(): Clock {
  const clock = fakeClock()
  return { ...clock, sleep: (ms, signal) => (ms > 25_000 ? never(signal) : clock.sleep(ms, signal)) }
}
const never = (signal: AbortSignal | undefined) =>
  new Promise<void>((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error)))

const open = (endpoint: string, prefix: string): Promise<Storage> =>
  openS3Storage(`s3://backups/${prefix}`, { endpoint, credentials: async () => credentials, clock: patientClock() })

const disk = noise(5 * chunk, 'disk')
const changed = Buffer.concat([noise(chunk, 'changed'), disk.subarray(chunk)])
const now = { graceMs: 0, silentMs: 0, deadShareMax: 0.01 }

const passing: readonly ProxyFault[] = [
  { kind: 'answer', status: 503, code: 'SlowDown' },
  { kind: 'answer', status: 500, code: 'InternalError' },
  { kind: 'answer', status: 409, code: 'ConditionalRequestConflict' },
  { kind: 'reset' },
  { kind: 'lost-reply' },
  { kind: 'duplicate' },
  { kind: 'half-body' },
]
const titleOf = (fault: ProxyFault) => (fault.kind === 'answer' ? `${fault.status} ${fault.code}` : fault.kind)
const requests = ['PUT', 'GET', 'HEAD', 'LIST', 'DELETE', 'POST']

/** Backs up twice, forgets, collects, folds, syncs and verifies through `through`; checks straight at the server. */
async function live(through: FaultyProxy, prefix: string, strike: () => void): Promise<void> {
  await using straight = await open(server!.endpoint, prefix)
  await createTestRepository(straight)
  await using storage = await open(through.endpoint, prefix)
  await using repository = await reopenTestRepository(storage, { seed: 'struck' })
  strike()
  const first = await backUp(repository, { disk })
  strike()
  const second = await backUp(repository, { disk: changed })
  strike()
  await repository.forget(first.id, { reason: 'a test' })
  expect(await repository.collect(now)).toMatchObject({ outcome: 'done' })
  strike()
  await repository.rebuildIndex()
  expect((await repository.verify()).damaged).toEqual([])
  through.faults.clear()
  await using twinPlace = await open(through.endpoint, `${prefix}-twin`)
  const twin = await createTestTwin({ storage: straight }, { into: twinPlace })
  strike()
  expect((await twin.repository.syncFrom(repository)).points).toMatchObject([{ outcome: 'copied' }])
  through.faults.clear()
  await using checker = await reopenTestRepository(straight, { seed: 'checker' })
  expect((await collect(checker.points())).map(({ id }) => id)).toEqual([second.id])
  expect((await checker.verify()).damaged).toEqual([])
  expect(Buffer.compare(await contentOf(checker, second.images[0]!.image), changed)).toBe(0)
  expect((await twin.repository.verify()).damaged).toEqual([])
}

for (const then of passing)
  judged(`a repository lives with ${titleOf(then)}, whatever request it meets`, async () => {
    await using proxy = await openFaultyProxy(server!.endpoint)
    const strike = () => {
      for (const method of requests) proxy.faults.add({ on: `s3.${method}`, times: 2, after: 1, then })
    }
    await live(proxy, `passing-${titleOf(then).replaceAll(' ', '-')}`, strike)
    for (const method of ['PUT', 'GET', 'HEAD', 'LIST', 'DELETE'])
      expect(proxy.struck.get(`s3.${method}`)).toBeGreaterThan(1)
  })

judged('a repository lives where every twentieth request goes wrong somehow', async () => {
  await using proxy = await openFaultyProxy(server!.endpoint)
  for (const then of passing) proxy.faults.add({ on: 's3.*', chance: 0.05 / passing.length, then })
  await live(proxy, 'random', () => {})
  expect([...proxy.struck.values()].reduce((sum, times) => sum + times, 0)).toBeGreaterThan(5)
})

judged('what lasts is told for what it is, and nothing that was committed is lost', async () => {
  await using straight = await open(server!.endpoint, 'lasting')
  const made = await createTestRepository(straight)
  const point = await backUp(made.repository, { disk })
  await using proxy = await openFaultyProxy(server!.endpoint)
  for (const [then, expected] of [
    [{ kind: 'answer', status: 503, code: 'SlowDown' }, 'storage.unavailable'],
    [{ kind: 'reset' }, 'storage.unavailable'],
    [{ kind: 'answer', status: 403, code: 'AccessDenied' }, 'storage.no-permission'],
    [{ kind: 'answer', status: 507, code: 'QuotaExceeded' }, 'storage.full'],
  ] as const) {
    await using storage = await open(proxy.endpoint, 'lasting')
    await using repository = await reopenTestRepository(storage, { seed: `lasting ${expected} ${then.kind}` })
    using _ = proxy.faults.add({ on: 's3.PUT', object: '*/packs/*', then })
    expect(await refusal(backUp(repository, { disk: changed }))).toBe(expected)
  }
  await using checker = await reopenTestRepository(straight, { seed: 'checker' })
  expect((await collect(checker.points())).map(({ id }) => id)).toEqual([point.id])
  expect((await checker.verify()).damaged).toEqual([])
})

const refusal = (work: Promise<unknown>) =>
  work.then(
    () => 'fine',
    (error: unknown) => codeOf(error) ?? error,
  )
