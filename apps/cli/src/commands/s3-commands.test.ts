import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock, systemRandom } from '@vmkeep/kit'
import { type FakeS3, openFakeS3 } from '@vmkeep/s3/testing'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { vmkeep } from '../testing.ts'

// Against a small S3 of our own. A real one is asked in tests/judges/s3.test.ts.

let fake: FakeS3
let locking: FakeS3
let passedMs = 0
const nowMs = () => Date.now() + passedMs
beforeAll(async () => {
  fake = await openFakeS3()
  locking = await openFakeS3({ locks: true, nowMs })
})
afterAll(async () => {
  await fake[Symbol.asyncDispose]()
  await locking[Symbol.asyncDispose]()
})
afterEach(() => fake.faults.clear())

const run = (line: string, env: Record<string, string> = {}) =>
  vmkeep(line.split(' '), {
    clock: systemClock,
    random: systemRandom,
    env: {
      VMKEEP_REPO: 's3://backups/cli',
      VMKEEP_S3_ENDPOINT: fake.endpoint,
      VMKEEP_REPO_KEY: 'open sesame',
      AWS_ACCESS_KEY_ID: 'KEY',
      AWS_SECRET_ACCESS_KEY: 'hush-hush-secret',
      ...env,
    },
  })

describe('repo validate', () => {
  it('says of every promise that it is kept', async () => {
    const { code, stdout } = await run('repo validate')
    expect(code).toBe(0)
    expect(stdout).toMatch(/of several writers at the same time exactly one wins +passed/)
    expect(fake.objects.size).toBe(0)
  })

  it('fails a server that overwrites, and tells programs which promise', async () => {
    fake.faults.add({ on: 's3.put', then: { kind: 'ignore-condition' } })
    const { code, stdout, stderr } = await run('repo validate -o json')
    expect(code).toBe(7)
    expect(JSON.parse(stdout)).toMatchObject({
      storage: `s3://backups/cli at ${fake.endpoint}`,
      checks: expect.arrayContaining([
        { promise: 'creates-once', outcome: 'failed', reason: expect.stringContaining('not "exists"') as string },
      ]) as unknown[],
    })
    expect(stderr).toContain('not safe for a repository')
  })

  it.each([
    ['a bucket that is not there', { VMKEEP_REPO: 's3://elsewhere' }, 10, 'storage.missing'],
    ['a bucket that cannot be', { VMKEEP_REPO: 's3://Backups' }, 2, 's3.invalid-url'],
    ['an endpoint without https://', { VMKEEP_S3_ENDPOINT: 'minio:9000' }, 2, 's3.invalid-endpoint'],
  ])('refuses %s with its own exit code', async (_, env, code, error) => {
    const ran = await run('repo validate', env)
    expect(ran).toMatchObject({ code, stderr: expect.stringContaining(error) as string })
    expect(ran.stderr).not.toContain('hush')
  })
})

describe('repo init in a bucket', () => {
  it('refuses a place that does not keep what a repository relies on, and leaves it empty', async () => {
    fake.faults.add({ on: 's3.put', then: { kind: 'ignore-condition' } })
    const folder = await mkdtemp(join(tmpdir(), 'vmkeep-s3-init-'))
    const { code, stderr } = await run(`repo init --recovery-code-file ${join(folder, 'code')}`)
    await rm(folder, { recursive: true })
    expect({ code, stderr }).toEqual({ code: 7, stderr: expect.stringContaining('cli.storage-unsafe') as string })
    expect(fake.objects.size).toBe(0)
  })
})

describe('a repository with a lock', () => {
  let folder: string
  const runLocking = (line: string, env: Record<string, string> = {}) =>
    run(line, { VMKEEP_REPO: 's3://backups/locked', VMKEEP_S3_ENDPOINT: locking.endpoint, ...env })
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vmkeep-s3-lock-'))
  })
  afterAll(() => rm(folder, { recursive: true }))
  afterEach(() => locking.faults.clear())
  const init = (...more: string[]) =>
    `repo init --recovery-code-file ${join(folder, Math.random().toString(36))} ${more.join(' ')}`.trim()

  it('is not made where nothing can be locked', async () => {
    expect(await run(init('--lock 30d'))).toMatchObject({
      code: 7,
      stderr: expect.stringContaining('storage.no-lock') as string,
    })
    expect(fake.objects.size).toBe(0)
    expect(await run(init('--compliance'))).toMatchObject({ code: 2 })
    expect(await run(init('--lock', 'never'))).toMatchObject({ code: 2 })
  })

  it('is made, tried, and says when it was tried, and loudly if the server does not hold locks', async () => {
    const made = await runLocking(`${init('--lock 30d --compliance')} -o json`)
    expect(made.code).toBe(0)
    expect(JSON.parse(made.stdout)).toMatchObject({ lock: { days: 30, mode: 'compliance' } })
    const { code, stdout } = await runLocking('repo validate')
    expect(code).toBe(0)
    expect(stdout).toMatch(/what is locked cannot be deleted +passed/)
    const status = await runLocking('repo status')
    expect(status.stdout).toMatch(/locked: +for 30 days after each backup, mode compliance/)
    expect(status.stdout).toMatch(/place tried: +.*keeps what it should/)
    expect((await runLocking('doctor')).stdout).toContain(
      'deleting, overwriting and lifting a probe’s lock were refused',
    )
    locking.faults.add({ on: 's3.put', object: '*-lock', then: { kind: 'ignore-lock' } })
    expect((await runLocking('doctor')).stdout).toContain('an object put with a lock has none')
    expect((await runLocking('repo status')).stdout).toContain('NOT SAFE')
  })

  it('can be opened as it was before somebody deleted everything, and only read', async () => {
    const before = new Date(nowMs()).toISOString().replace(/\.\d+/, '')
    passedMs += 5_000
    for (const key of locking.objects.keys()) await fetch(`${locking.endpoint}/backups/${key}`, { method: 'DELETE' })
    expect((await runLocking('repo status')).code).toBe(10)
    expect((await runLocking(`repo status --as-of ${before}`)).code).toBe(0)
    expect(await runLocking(`key add --as-of ${before}`, { VMKEEP_NEW_REPO_KEY: 'another' })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('storage.past') as string,
    })
    expect(await runLocking(`point list --as-of yesterday`)).toMatchObject({ code: 2 })
    expect(await run(`point list --as-of ${before}`, { VMKEEP_REPO: folder })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('cli.as-of-folder') as string,
    })
  })
})
