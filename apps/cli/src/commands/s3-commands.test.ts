import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type FakeS3, openFakeS3 } from '@vmkeep/s3/testing'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { vmkeep } from '../testing.ts'

// Against a small S3 of our own. A real one is asked in tests/judges/s3.test.ts.

let fake: FakeS3
beforeAll(async () => {
  fake = await openFakeS3()
})
afterAll(() => fake[Symbol.asyncDispose]())
afterEach(() => fake.faults.clear())

const run = (line: string, env: Record<string, string> = {}) =>
  vmkeep(line.split(' '), {
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
