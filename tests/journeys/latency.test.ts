import { auditVm, type LatencyLimits, planBackup } from '@vmkeep/backup'
import { type Clock, systemClock } from '@vmkeep/kit'
import { defaultTransport } from '@vmkeep/transport'
import { findVms } from '@vmkeep/vsphere'
import { describe, expect, it } from 'vitest'
import { options as plainOptions, World } from '../support/world.ts'

const MiB = 1024 ** 2
const limits: LatencyLimits = { startMaxMs: 20, readMaxMs: 30, patienceMinutes: 30 }

/** A clock on which the 20 seconds between two samples pass at once. Whatever else waits or times out does so as ever. */
function leapingClock(): Clock {
  let aheadMs = 0
  return {
    nowMs: () => systemClock.nowMs() + aheadMs,
    monotonicMs: () => systemClock.monotonicMs() + aheadMs,
    async sleep(durationMs, signal) {
      if (durationMs !== 20_000) return systemClock.sleep(durationMs / 20, signal)
      signal?.throwIfAborted()
      aheadMs += durationMs
    },
  }
}

async function slowWorld(readMs: number | undefined, vm: { readonly template?: boolean } = {}) {
  const web = { name: 'web', disks: [{ capacityBytes: 4 * MiB }], datastore: 'shared-1', ...vm }
  const world = await World.start({ seed: 'latency', vms: [web] })
  const become = (now: number | undefined) => {
    world.lab.setLatency('shared-1', now === undefined ? undefined : { readMs: now, writeMs: 1 })
    world.lab.clock.advance(60_000)
  }
  become(readMs)
  const codes = () => world.events.flatMap((event) => (event.type === 'note' ? [event.code] : []))
  return { world, become, codes, clock: leapingClock() }
}

describe('a slow datastore', () => {
  it.each([
    ['the snapshot', {}],
    ['the reading of a template', { template: true }],
  ])('holds up %s until it is calm', async (_, vm) => {
    const { world, become, clock } = await slowWorld(25, vm)
    await using _world = world
    const waits: string[] = []
    const report = await world.backup(
      ['web'],
      { latency: limits },
      {
        clock,
        onEvent(event) {
          if (event.type !== 'vm-phase' || event.phase !== 'waiting') return
          expect(world.lab.busiest.snapshotOrder).toEqual([])
          if (waits.push(event.detail ?? '') === 3) become(8)
        },
      },
    )
    expect(waits).toHaveLength(3)
    expect(waits[0]).toMatch(/^datastore shared-1: 25 ms on esxi-\d\.lab, more than 20 ms$/)
    expect(report.vms[0]!.outcome).toBe('ok')
    expect(report.vms[0]!.warnings.map(({ code }) => code)).not.toContain('started-though-slow')
    world.expectClean()
  })

  it('is read slowly when patience has ended, and the report says so', async () => {
    const { world, codes, clock } = await slowWorld(40)
    await using _world = world
    const { report, instant } = await world.backupAtInstant(
      'web',
      { latency: { ...limits, patienceMinutes: 0 } },
      { clock },
    )
    const [vm] = report.vms
    expect(vm).toMatchObject({ outcome: 'ok', warnings: [{ code: 'started-though-slow' }] })
    expect(vm!.disks[0]!.slowedSeconds).toBeGreaterThan(0)
    expect(codes()).toContain('reads-slowed')
    expect((await world.point(vm!.point)).warnings?.map(({ code }) => code)).toContain('started-though-slow')
    await world.expectEqual(vm!.point, instant)
    world.expectClean()
  })
})

describe('what is slow now', () => {
  it('is told by a plan, and what would be done about it', async () => {
    const { world, become } = await slowWorld(25)
    await using _world = world
    const planned = async () => {
      const { session, repository } = world
      const options = { ...plainOptions, latency: limits }
      const vms = await findVms(session, 'web')
      const [plan] = await planBackup({ session, repository, vms, options }, new AbortController().signal)
      return plan!.warnings.filter(({ code }) => code === 'datastore-slow').map(({ message }) => message)
    }
    expect(await planned()).toEqual([
      expect.stringMatching(
        /^slow is datastore shared-1: 25 ms on esxi-\d.lab, more than 20 ms: the VM would wait until it is calm, at most 30 minutes$/,
      ),
    ])
    become(31)
    expect((await planned())[0]).toContain('; its disks there would be read slowly')
    become(8)
    expect(await planned()).toEqual([])
  })

  it('holds up an audit of change tracking, too, which then reads slowly', async () => {
    const { world, become, clock } = await slowWorld(undefined)
    await using _world = world
    await world.backup(['web'])
    become(40)
    const { session, repository, stateFolder } = world
    const [vm] = await findVms(session, 'web')
    const told: (string | undefined)[] = []
    const report = await auditVm({
      session,
      repository,
      stateFolder,
      clock,
      vm: vm!,
      transport: defaultTransport,
      guards: { latency: { ...limits, patienceMinutes: 1 } },
      onEvent: (event) => {
        if (event.type === 'vm-phase' && event.phase === 'waiting') told.push(event.phase)
        if (event.type === 'note') told.push(event.code)
      },
      signal: new AbortController().signal,
    })
    expect(report).toMatchObject({ honest: true, disks: [{ differing: [] }] })
    expect(told.filter((one) => one === 'waiting')).toHaveLength(3)
    expect(told).toContain('started-though-slow')
    expect(told).toContain('reads-slowed')
    world.expectClean()
  })
})

describe('what is not known stops nobody', () => {
  it('where hosts count nothing for a datastore', async () => {
    const { world, codes, clock } = await slowWorld(undefined)
    await using _world = world
    const report = await world.backup(['web'], { latency: limits }, { clock })
    expect(report.vms[0]!.outcome).toBe('ok')
    expect(codes()).toEqual(['latency-unknown'])
  })

  it('where vSphere does not answer', async () => {
    const { world, codes, clock } = await slowWorld(25)
    await using _world = world
    world.lab.faults.add({ on: 'QueryPerf', then: { do: 'fault', type: 'NoPermission' } })
    const report = await world.backup(['web'], { latency: limits }, { clock })
    expect(report.vms[0]!.outcome).toBe('ok')
    expect(codes()).toEqual(['latency-unknown'])
  })
})
