// What the janitor removes after a kill, what it leaves alone, and what happens if it is killed itself.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { parseFaultRule } from '@vmkeep/lab'
import { cleanUpLeftovers, lockVm, parseMarker } from '@vmkeep/run'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { crashPoints } from './crash-points.ts'
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
    cleanUpLeftovers({ session: past.world.session, stateFolder, onEvent: (event) => past.world.events.push(event) })

  async function killWithSnapshot(stateFolder = past.world.stateFolder): Promise<void> {
    await using victim = startVictim(past.world, work, { crashAt: 'backup.after-snapshot', stateFolder })
    expect(await victim.death).toBe('SIGKILL')
    expect(past.ourSnapshots).toHaveLength(1)
  }

  it('is enough by itself: no backup is needed', async () => {
    await killWithSnapshot()
    expect(await cleanUp()).toMatchObject({ removed: [{ kind: 'snapshot', vmName: 'web' }], kept: [] })
    await past.expectNothingLeft()
    expect(await cleanUp()).toEqual({ removed: [], kept: [] })
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

  it.each(['CreateSnapshotEx_Task', 'RemoveSnapshot_Task'])(
    'waits for a %s that goes on without us',
    async (method) => {
      const calls = () => past.world.lab.stats.calls.get(method) ?? 0
      const before = calls()
      await using victim = startVictim(past.world, work)
      const dead = victim.death.then((how) => Promise.reject(new Error(`it died before: ${how}`)))
      while (calls() === before) await Promise.race([dead, new Promise((resolve) => setTimeout(resolve, 1))])
      dead.catch(() => {})
      victim.kill()
      expect(await victim.death).toBe('SIGKILL')
      expect(await cleanUp()).toMatchObject({ removed: [{ vmName: 'web' }], kept: [] })
      await past.expectNothingLeft()
      for (const point of await past.unknownPoints()) await past.learn(point, await past.nowOf('web'))
    },
  )

  it('leaves a process alone that lives, even one that does nothing', async () => {
    const at = { event: { type: 'vm-phase', phase: 'commit' }, signal: 'SIGSTOP' } as const
    await using victim = startVictim(past.world, work, { at })
    await victim.reached
    expect(await cleanUp()).toEqual({ removed: [], kept: [] })
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
    expect(await cleanUp()).toEqual({ removed: [], kept: [] })
    expect(await past.backup(['web'])).toMatchObject({ outcome: 'ok' })
    expect(past.ourSnapshots).toEqual(snapshots)
    expect(await cleanUp(theirs)).toMatchObject({ removed: [{ vmName: 'web' }], kept: [] })
    expect(await readdir(join(theirs, 'journal'))).toEqual([])
    await past.expectSound()
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
