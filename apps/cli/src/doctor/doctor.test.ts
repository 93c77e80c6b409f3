import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AppError, seededRandom } from '@vmkeep/kit'
import { memoryStorage, type Repository, type RepositoryStatus } from '@vmkeep/repository'
import { instanceId, Journal } from '@vmkeep/run'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { configSchema } from '../config/schema.ts'
import { checkGuestLogins } from './check-guest-logins.ts'
import { checkMachine } from './check-machine.ts'
import { portAnswers } from './check-reach.ts'
import { checkRepository } from './check-repository.ts'
import { checkState } from './check-state.ts'
import { tellLeftovers } from './check-vcenter.ts'
import { checkVms } from './check-vms.ts'
import { type Finding, findingsOn } from './finding.ts'
import type { VmFacts } from './inventory-facts.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vmkeep-doctor-'))
})
afterEach(async () => {
  await chmod(folder, 0o700)
  await rm(folder, { recursive: true })
})

const config = configSchema.parse({})
const { signal } = new AbortController()
const short = (findings: readonly Finding[]) => findings.map(({ check, state }) => `${state} ${check}`)

describe('doctor on this machine', () => {
  const facts = { nodeVersion: '24.1.0', freeMemoryBytes: 2 ** 32, cores: 4, platform: 'linux' }

  it('is content with a current Node and enough memory', () => {
    expect(short(checkMachine(config, facts))).toEqual(['ok Node', 'ok memory'])
  })

  it('names what is missing, each with a remedy', () => {
    const findings = checkMachine(config, {
      ...facts,
      nodeVersion: '22.9.0',
      freeMemoryBytes: 2 ** 29,
      platform: 'darwin',
    })
    expect(short(findings)).toEqual(['fail Node', 'warn memory', 'warn system'])
    expect(findings.every(({ remedy }) => remedy !== undefined)).toBe(true)
  })

  it('tells what interrupted runs have left, and not what a living run has under way', async () => {
    expect(short(await checkState(join(folder, 'new')))).toEqual(['ok state folder', 'ok journals'])
    const marker = {
      instanceId: await instanceId(folder, seededRandom(1)),
      runId: '0123456789ab',
      vmUuid: '0'.repeat(8),
    }
    await using journal = await Journal.start(folder, '0123456789ab')
    await journal.intend({ kind: 'snapshot', endpointId: 'e', vmName: 'web-01', marker })
    expect(short(await checkState(folder))).toEqual(['ok state folder', 'ok runs', 'ok journals'])
  })

  it('tells of what could not be removed which VM, why, and what to do', () => {
    const marker = { instanceId: '0a1b2c3d', runId: '0123456789ab', vmUuid: '50112233-4455-6677-8899-aabbccddeeff' }
    const left = { kind: 'snapshot', endpointId: 'e', vmName: 'web-01', marker } as const
    const kept = { ...left, code: 'run.leftover-unconfirmed', why: 'web-01 is orphaned; register it again' } as const
    const tell = (report: object) => tellLeftovers(findingsOn('vc'), { removed: [], gone: [], kept: [], ...report })
    expect(tell({ removed: [left], kept: [kept] })).toMatchObject({
      state: 'fail',
      found: '1 thing of interrupted runs left: web-01 is orphaned; register it again',
      remedy: expect.stringContaining('next start') as string,
    })
    expect(tell({ removed: [left] }).found).toBe('1 thing of interrupted runs removed')
    expect(tell({ gone: [left] })).toMatchObject({
      state: 'ok',
      found: '0 things of interrupted runs removed, 1 gone already',
    })
  })

  it('asks for another state folder when this one cannot be used', async () => {
    const [finding] = await checkState('/dev/null/state')
    expect(finding).toMatchObject({ state: 'fail', remedy: expect.stringContaining('VMKEEP_STATE_DIR') })
  })
})

describe('doctor on the repository', () => {
  const status: RepositoryStatus = {
    points: 3,
    damagedPoints: 0,
    packs: 1,
    chunks: 1,
    plainBytes: 1,
    storedBytes: 1,
    verified: { withinMs: 1, totalBytes: 1, checksumBytes: 1, fullBytes: 1 },
    sessionsOpen: 0,
    index: { entries: 0, segments: 0, deltas: 0, cacheBytes: 0, damaged: [] },
  }
  const repository = (given: Partial<RepositoryStatus> = {}) =>
    ({
      id: 'abcd',
      status: async () => ({ ...status, ...given }),
      [Symbol.asyncDispose]: async () => {},
    }) as unknown as Repository
  const openStorage = async () => memoryStorage()
  const check = (given: Partial<RepositoryStatus> = {}) =>
    checkRepository({ path: folder, open: async () => repository(given), openStorage }, signal)

  it('opens it, writes a probe, and leaves nothing behind', async () => {
    const findings = await check()
    expect(findings.map(({ check: name }) => name)).toEqual(['key', 'space', 'writing', 'points', 'sessions'])
    expect(findings.filter(({ state, check: name }) => state !== 'ok' && name !== 'space')).toEqual([])
    expect(await readdir(folder)).toEqual([])
  })

  it('tries the promises of a bucket in place of a folder’s space', async () => {
    const inBucket = { path: 's3://backups/a', open: async () => repository() }
    const findings = await checkRepository({ ...inBucket, openStorage }, signal)
    expect(short(findings)).toEqual(['ok key', 'ok writing', 'ok points', 'ok sessions'])
    const liar = async () => {
      const memory = memoryStorage()
      memory.putNew = async () => 'created'
      return memory
    }
    expect(short(await checkRepository({ ...inBucket, openStorage: liar }, signal))).toEqual(['fail writing'])
    const gone = () => Promise.reject(new AppError('storage.missing', 'call-operator', 'no such bucket'))
    expect(short(await checkRepository({ ...inBucket, openStorage: gone }, signal))).toEqual(['fail path'])
  })

  it('tells damaged points and open sessions', async () => {
    expect(short(await check({ damagedPoints: 1, sessionsOpen: 2 }))).toEqual(
      expect.arrayContaining(['fail points', 'warn sessions']),
    )
  })

  it('tells a wrong key with its code', async () => {
    const wrong = new AppError('repository.wrong-key', 'call-operator', 'this does not open it')
    const findings = await checkRepository({ path: folder, open: () => Promise.reject(wrong), openStorage }, signal)
    expect(findings).toContainEqual({
      about: 'repository',
      check: 'key',
      state: 'fail',
      found: 'this does not open it',
      code: 'repository.wrong-key',
    })
  })

  it('stops at a path that is not there, or not configured', async () => {
    const open = () => Promise.reject(new Error('not reached'))
    expect(short(await checkRepository({ path: join(folder, 'none'), open, openStorage }, signal))).toEqual([
      'fail path',
    ])
    expect(short(await checkRepository({ path: undefined, open, openStorage }, signal))).toEqual(['fail path'])
  })
})

describe('doctor on VMs', () => {
  const vm = (name: string, given: Partial<VmFacts> = {}): VmFacts => ({
    ref: { type: 'VirtualMachine', value: name },
    name,
    host: 'host-1',
    isTemplate: false,
    tracking: 'on',
    snapshots: 0,
    ours: [],
    ...given,
  })

  it('tells where change tracking cannot work, and why', () => {
    const findings = checkVms(
      'vcenter a',
      [
        vm('a'),
        vm('b', { tracking: 'off' }),
        vm('c', { tracking: 'off', snapshots: 2 }),
        vm('d', { tracking: 'unsupported' }),
        vm('t', { isTemplate: true, tracking: 'off' }),
      ],
      undefined,
      0,
    )
    expect(findings.map(({ found }) => found)).toEqual([
      'on for 1 of 4 VMs; a backup switches it on for 1 more',
      'off and blocked by snapshots on c',
      'not supported by d',
      'none',
    ])
  })

  it('tells our snapshots from those of another installation', () => {
    const [, mine, others] = checkVms(
      'vcenter a',
      [
        vm('a', { ours: [{ instanceId: 'aaaaaaaa', runId: '1' }] }),
        vm('b', { ours: [{ instanceId: 'bbbbbbbb', runId: '1' }] }),
      ],
      'aaaaaaaa',
      0,
    )
    expect(mine).toMatchObject({ state: 'warn', found: 'on a', remedy: expect.stringContaining('--fix') })
    expect(others).toMatchObject({ state: 'warn', found: 'of another vmkeep installation on b' })
  })

  it('tells of snapshots of others that were forgotten, the oldest first', () => {
    const day = 86_400_000
    const vms = [vm('a', { oldestMs: 4 * day }), vm('b', { oldestMs: 3 * day }), vm('c', { oldestMs: 0 }), vm('d')]
    const findings = checkVms('vcenter a', vms, undefined, 10 * day)
    expect(findings.at(-1)).toMatchObject({
      state: 'warn',
      check: 'old snapshots',
      found: 'older than 7 days on c, b; the oldest is 10 days old',
    })
  })

  it('names ten VMs, not ten thousand', () => {
    const many = Array.from({ length: 10_000 }, (_, i) => vm(`vm-${i}`, { tracking: 'unsupported' }))
    expect(checkVms('vcenter a', many, undefined, 0)[1]!.found).toMatch(/vm-9 and 9990 more$/)
  })
})

describe('doctor on scripts in guests', () => {
  const configOf = (passwordEnv: string) =>
    configSchema.parse({ backup: { guestScripts: { pre: '/x', username: 'backup', passwordEnv } } })

  it('tells whether their password can be had, and never the password', async () => {
    const sources = { world: { env: { GUEST: 'Pa55word' } }, signal }
    const there = await checkGuestLogins(configOf('GUEST'), sources)
    expect(there).toMatchObject([{ state: 'ok', check: 'account of backup' }])
    expect(JSON.stringify(there)).not.toContain('Pa55')
    const missing = await checkGuestLogins(configOf('OTHER'), sources)
    expect(missing).toMatchObject([{ state: 'fail', code: 'cli.secret-variable-unset' }])
    expect(await checkGuestLogins(config, sources)).toEqual([])
  })
})

describe('a port', () => {
  it('answers, or says why not', async () => {
    const server = createServer((socket) => socket.end())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    expect(await portAnswers('127.0.0.1', port)).toBeUndefined()
    await new Promise((resolve) => server.close(resolve))
    expect(await portAnswers('127.0.0.1', port)).toMatch(/ECONNREFUSED/)
  })
})
