// What the janitor removes after a kill, what it leaves alone, and what happens if it is killed itself.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Lab, parseFaultRule, startLab } from '@vmkeep/lab'
import {
  cleanUpLeftovers,
  describeSnapshot,
  formatMarker,
  Journal,
  lockVm,
  type Marker,
  parseMarker,
  readJournals,
} from '@vmkeep/run'
import { holdEnder } from '@vmkeep/transport'
import { createSnapshot, endpointIdOf, type Session } from '@vmkeep/vsphere'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { crashPoints } from './crash-points.ts'
import { openLabSession } from '../support/world.ts'
import { backupOptions, CrashWorld } from './crash-world.ts'
import { startVictim } from './start-victim.ts'

const work = { kind: 'backup', vms: ['web'], options: backupOptions } as const

describe('the clean-up after a kill', () => {
  let past: CrashWorld
  beforeAll(async () => {
    past = await CrashWorld.start(['web'], 40) // tasks that take long enough to be killed in
  })
  afterAll(() => past[Symbol.asyncDispose]())

  const cleanUp = (stateFolder = past.world.stateFolder) =>
    cleanUpLeftovers({
      endHold: holdEnder(),
      session: past.world.session,
      stateFolder,
      onEvent: (event) => past.world.events.push(event),
    })

  async function killWithSnapshot(stateFolder = past.world.stateFolder): Promise<void> {
    await using victim = startVictim(past.world, work, { crashAt: 'backup.after-snapshot', stateFolder })
    expect(await victim.death).toBe('SIGKILL')
    expect(past.ourSnapshots).toHaveLength(1)
  }

  it('is enough by itself: no backup is needed', async () => {
    await killWithSnapshot()
    expect(await cleanUp()).toMatchObject({ removed: [{ kind: 'snapshot', vmName: 'web' }], kept: [] })
    await past.expectNothingLeft()
    expect(await cleanUp()).toEqual({ removed: [], gone: [], kept: [] })
  })

  it('tells, once, what a script may have left frozen: the script that ends that is not ours to run', async () => {
    const script = join(past.world.folder, 'script')
    await writeFile(script, '#!/bin/sh\n', { mode: 0o700 })
    const scripts = { pre: script, post: script, timeoutSeconds: 600, ifPreFails: 'fail' } as const
    const frozen = { ...work, options: { ...backupOptions, scripts } }
    const at = { event: { type: 'vm-phase', phase: 'snapshot' }, signal: 'SIGKILL' } as const
    await using victim = startVictim(past.world, frozen, { at })
    expect(await victim.death).toBe('SIGKILL')
    expect((await cleanUp()).gone).toContainEqual(expect.objectContaining({ kind: 'frozen', vmName: 'web' }))
    const told = past.world.events.filter((event) => event.type === 'note' && event.code === 'perhaps-frozen')
    expect(told).toEqual([expect.objectContaining({ vm: 'web', message: expect.stringContaining(script) })])
    expect(await cleanUp()).toEqual({ removed: [], gone: [], kept: [] })
    await past.expectNothingLeft()
  })

  it.each(crashPoints.filter((point) => point.of === 'clean-up'))(
    'killed itself at $at is done by the next one',
    async ({ at }) => {
      await killWithSnapshot()
      await using victim = startVictim(past.world, { kind: 'clean-up' }, { crashAt: at })
      expect(await victim.death).toBe('SIGKILL')
      expect(past.ourSnapshots).toHaveLength(at === 'clean-up.before-removal' ? 1 : 0)
      expect(await cleanUp()).toMatchObject({ kept: [] })
      await past.expectNothingLeft()
      await past.expectNoLocks() // it was killed with the VM's lock in hand
    },
  )

  it('may be done by several starts at the same time, in one process and in several', async () => {
    await killWithSnapshot()
    await using other = startVictim(past.world, { kind: 'clean-up' })
    const [first, second, death] = await Promise.all([cleanUp(), cleanUp(), other.death])
    expect([first, second]).toMatchObject([{ kept: [] }, { kept: [] }])
    expect(death).toBe('exit 0: ')
    await past.expectNothingLeft()
    await past.expectNoLocks()
  })

  it('leaves a VM alone on which somebody is at work, says so, and comes back to it', async () => {
    await killWithSnapshot()
    const { vmUuid } = parseMarker(past.ourSnapshots[0]!)!
    const lock = await lockVm(past.world.stateFolder, { name: 'web', uuid: vmUuid }, 'run of somebody')
    const seen = past.notes.length
    expect(await cleanUp()).toMatchObject({ removed: [], kept: [{ kind: 'snapshot', vmName: 'web' }] })
    expect(past.ourSnapshots).toHaveLength(1)
    const notes = past.notes.slice(seen)
    expect(notes).toMatchObject([{ level: 'warn', vm: 'web', code: 'run.vm-busy' }])
    expect(notes[0]).toHaveProperty('message', expect.stringContaining('run of somebody'))

    await lock[Symbol.asyncDispose]()
    expect(await cleanUp()).toMatchObject({ removed: [{ vmName: 'web' }], kept: [] })
    await past.expectNothingLeft()
  })

  it('merges no disks beneath a backup that another process has under way', async () => {
    await killWithSnapshot()
    const refused = parseFaultRule('RemoveSnapshot_Task,times=1,then=fault:FileFault')
    past.world.lab.faults.add(refused) // so the next run begins with the leftover still there
    const at = { event: { type: 'vm-phase', phase: 'commit' }, signal: 'SIGSTOP' } as const
    await using victim = startVictim(past.world, work, { at })
    await victim.reached
    const snapshots = past.ourSnapshots
    expect(snapshots).toHaveLength(2)
    expect(await cleanUp()).toMatchObject({ removed: [], kept: [{ vmName: 'web' }] })
    expect(past.ourSnapshots).toEqual(snapshots)

    victim.kill()
    expect(await victim.death).toBe('SIGKILL')
    expect(await past.backup(['web'])).toMatchObject({ outcome: 'ok' })
    await past.expectSound()
  })

  it('merges the disks also when a first try removed the snapshot and came no further', async () => {
    await killWithSnapshot()
    for (const rule of [
      'RemoveSnapshot_Task,times=1,then=leave-consolidation-needed',
      'ConsolidateVMDisks_Task,times=1,then=fault:TaskInProgress',
    ])
      past.world.lab.faults.add(parseFaultRule(rule))
    expect(await cleanUp()).toMatchObject({ kept: [] })
    expect(past.world.lab.stats.calls.get('ConsolidateVMDisks_Task')).toBe(2)
    await past.expectNothingLeft()
  })

  it.each([
    { method: 'CreateSnapshotEx_Task', outcome: { removed: [{ vmName: 'web' }], gone: [] } },
    { method: 'RemoveSnapshot_Task', outcome: { removed: [], gone: [{ vmName: 'web' }] } },
  ])('waits for a $method that goes on without us', async ({ method, outcome }) => {
    const calls = () => past.world.lab.stats.calls.get(method) ?? 0
    const before = calls()
    await using victim = startVictim(past.world, work)
    const dead = victim.death.then((how) => Promise.reject(new Error(`it died before: ${how}`)))
    while (calls() === before) await Promise.race([dead, new Promise((resolve) => setTimeout(resolve, 1))])
    dead.catch(() => {})
    victim.kill()
    expect(await victim.death).toBe('SIGKILL')
    expect(await cleanUp()).toMatchObject({ ...outcome, kept: [] })
    await past.expectNothingLeft()
    for (const point of await past.unknownPoints()) await past.learn(point, await past.nowOf('web'))
  })

  it('leaves a process alone that lives, even one that does nothing', async () => {
    const at = { event: { type: 'vm-phase', phase: 'commit' }, signal: 'SIGSTOP' } as const
    await using victim = startVictim(past.world, work, { at })
    await victim.reached
    expect(await cleanUp()).toEqual({ removed: [], gone: [], kept: [] })
    expect(past.ourSnapshots).toHaveLength(1)
    expect(await past.backup(['web'])).toMatchObject({ outcome: 'failed', vms: [{ error: { code: 'run.vm-busy' } }] })
    expect(past.ourSnapshots).toHaveLength(1)

    victim.kill()
    expect(await victim.death).toBe('SIGKILL')
    expect(await past.backup(['web'])).toMatchObject({ outcome: 'ok' })
    await past.expectSound()
  })

  it("leaves another installation's snapshot alone, dead or not", async () => {
    const theirs = join(past.world.folder, 'another installation')
    await killWithSnapshot(theirs)
    const snapshots = past.ourSnapshots
    expect(await cleanUp()).toEqual({ removed: [], gone: [], kept: [] })
    expect(await past.backup(['web'])).toMatchObject({ outcome: 'ok' })
    expect(past.ourSnapshots).toEqual(snapshots)
    expect(await cleanUp(theirs)).toMatchObject({ removed: [{ vmName: 'web' }], kept: [] })
    expect(await readdir(join(theirs, 'journal'))).toEqual([])
    await past.expectSound()
  })

  it('keeps what a journal lists of a VM that is not to be found, and removes it once it is', async () => {
    await killWithSnapshot()
    const snapshots = past.ourSnapshots
    const [name] = await readdir(join(past.world.stateFolder, 'journal'))
    const path = join(past.world.stateFolder, 'journal', name!)
    const journal = await readFile(path, 'utf8')
    const { vmUuid } = parseMarker(snapshots[0]!)!
    const strange = journal.replaceAll(vmUuid, '00000000-0000-4000-8000-000000000000')
    await writeFile(path, strange)
    for (let starts = 0; starts < 2; starts++)
      expect(await cleanUp()).toMatchObject({ removed: [], gone: [], kept: [{ code: 'run.leftover-unconfirmed' }] })
    expect(past.notes.at(-1)).toMatchObject({ level: 'error', vm: 'web', code: 'run.leftover-unconfirmed' })
    expect(past.ourSnapshots).toEqual(snapshots)
    expect(await readFile(path, 'utf8')).toBe(strange)

    await writeFile(path, journal)
    expect(await cleanUp()).toMatchObject({ removed: [{ vmName: 'web' }], gone: [], kept: [] })
    await past.expectNothingLeft()
  })

  it('leaves a snapshot alone that only bears our name', async () => {
    await killWithSnapshot()
    const [name] = past.ourSnapshots
    await past.world.lab.vm('web').snapshot(name!) // without our description
    expect(past.ourSnapshots).toEqual([name, name])
    expect(await cleanUp()).toMatchObject({ removed: [{}], kept: [] })
    expect(past.ourSnapshots).toEqual([name])
  })
})

describe('a snapshot that the clean-up does not find', () => {
  const states = ['inaccessible', 'orphaned', 'invalid', 'disconnected'] as const
  const names = ['web', 'db', ...states]
  let lab: Lab
  let session: Session
  let folder: string
  beforeAll(async () => {
    const connected = ['web', 'db'].map((name) => ({ name, power: 'off' as const }))
    lab = await startLab({
      seed: 'lost',
      vms: [...connected, ...states.map((connection) => ({ name: connection, connection }))],
    })
    session = await openLabSession(lab)
    folder = await mkdtemp(join(tmpdir(), 'vmkeep-lost-'))
  })
  afterAll(async () => {
    await session[Symbol.asyncDispose]()
    await lab[Symbol.asyncDispose]()
    await rm(folder, { recursive: true })
  })

  const runIdOf = (name: string) => `0000000000${(10 + names.indexOf(name)).toString()}`
  const markerOf = (name: string): Marker => ({
    instanceId: '0a1b2c3d',
    runId: runIdOf(name),
    vmUuid: lab.vm(name).instanceUuid,
  })
  const take = (name: string, marker: Marker) =>
    createSnapshot(session, lab.vm(name).ref, {
      name: formatMarker(marker),
      description: describeSnapshot(marker),
      quiesce: false,
    })
  const cleanUp = (stateFolder: string, as = session) =>
    cleanUpLeftovers({ endHold: holdEnder(), session: as, stateFolder, onEvent: () => {} })

  /** What a run leaves that was interrupted between the two lines about its snapshot. */
  async function interruptedRun(name: string, change: { marker?: Marker; vmRef?: string | undefined } = {}) {
    const stateFolder = await mkdtemp(join(folder, 'state-'))
    const { marker = markerOf(name), vmRef = 'vmRef' in change ? undefined : lab.vm(name).ref.value } = change
    await using journal = await Journal.start(stateFolder, marker.runId)
    const where = { endpointId: endpointIdOf(session), vmName: name, ...(vmRef === undefined ? {} : { vmRef }) }
    await journal.intend({ kind: 'snapshot', ...where, marker })
    return stateFolder
  }

  async function expectKept(stateFolder: string, why: RegExp, as = session): Promise<void> {
    const report = await cleanUp(stateFolder, as)
    const kept = { code: 'run.leftover-unconfirmed', why: expect.stringMatching(why) as string }
    expect(report).toMatchObject({ removed: [], gone: [], kept: [kept] })
    expect(await readJournals(stateFolder)).toMatchObject([{ outstanding: [{ kind: 'snapshot' }] }])
  }

  async function expectGone(stateFolder: string): Promise<void> {
    expect(await cleanUp(stateFolder)).toMatchObject({ removed: [], gone: [{ kind: 'snapshot' }], kept: [] })
    expect(await readJournals(stateFolder)).toEqual([])
  }

  it.each(states)('stays in the journal while its VM is %s', async (state) =>
    expectKept(await interruptedRun(state), new RegExp(`may still be on ${state}: .* is ${state}`)),
  )

  it('is gone when its VM can be read and has none with our marker', async () => {
    await expectGone(await interruptedRun('web'))
    await expectGone(await interruptedRun('web', { vmRef: undefined }))
  })

  it('stays in the journal of an account that does not see the VM, and goes once it does', async () => {
    await take('web', markerOf('web'))
    const stateFolder = await interruptedRun('web')
    await expectKept(stateFolder, /does not see that VM/, without(session, lab.vm('web').ref.value))
    expect(await cleanUp(stateFolder)).toMatchObject({ removed: [{ vmName: 'web' }], gone: [], kept: [] })
    expect(lab.vm('web').snapshots).toEqual([])
  })

  it('stays in an older journal, which does not tell a VM out of sight from one that was deleted', async () => {
    const marker = { ...markerOf('web'), vmUuid: '00000000-0000-4000-8000-000000000000' }
    await expectKept(await interruptedRun('web', { marker, vmRef: undefined }), /older version/)
  })

  it('is pointed at on the VM that was registered anew with another instance uuid, and not removed', async () => {
    const marker = { ...markerOf('db'), vmUuid: '00000000-0000-4000-8000-000000000000' }
    await take('db', marker)
    const stateFolder = await interruptedRun('db', { marker, vmRef: 'vm-9999' })
    await expectKept(stateFolder, /it is on "db" \(vm-\d+\)/)
    await lab.vm('db').removeSnapshots() // as its note says
    await expectGone(stateFolder)
  })

  it('is gone with a VM that is in the inventory no more', async () => {
    const stateFolder = await interruptedRun('db')
    await session.call('UnregisterVM', { _this: lab.vm('db').ref })
    await expectGone(stateFolder)
  })
})

/** The session of an account that may not see a VM: lists leave it out, and a question about it has an empty answer. */
function without(session: Session, hidden: string): Session {
  const call = async (method: string, request: never, options: never) => {
    const answer: unknown = await session.call(method as 'RetrievePropertiesEx', request, options)
    if (typeof answer !== 'object' || answer === null || !('objects' in answer)) return answer
    const objects = answer.objects as { obj: { value: string } }[]
    return { ...answer, objects: objects.filter(({ obj }) => obj.value !== hidden) }
  }
  const read = (target: Session, key: keyof Session) => {
    const value: unknown = target[key]
    return typeof value === 'function' ? (value.bind(target) as unknown) : value
  }
  return new Proxy(session, { get: (target, key) => (key === 'call' ? call : read(target, key as keyof Session)) })
}
