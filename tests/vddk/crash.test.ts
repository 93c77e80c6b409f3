// kill -9 of the process of a backup by VMware's library: the library's process ends with it, and the next start leaves nothing of ours.
import { setTimeout as sleep } from 'node:timers/promises'
import { isAlive } from '@vmkeep/kit'
import { cleanUpLeftovers } from '@vmkeep/run'
import { holdEnder } from '@vmkeep/transport'
import { type FakeVddk, temporaryFake, whyNoFakeVddk } from '@vmkeep/vddk/testing'
import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { crashPoints } from '../crash/crash-points.ts'
import { CrashWorld, backupOptions } from '../crash/crash-world.ts'
import { startVictim, type Victim } from '../crash/start-victim.ts'
import { writeDisksOfNow } from '../support/fake-vddk.ts'
import { isHeld, vcenterOfLibrary } from '../support/vcenter-of-library.ts'

const why = await whyNoFakeVddk()

describe.skipIf(why !== undefined)('a backup by the library, killed', () => {
  let past: CrashWorld
  let fake: FakeVddk
  beforeAll(async () => {
    past = await CrashWorld.start(['web'])
    return () => past[Symbol.asyncDispose]()
  })
  beforeEach(async () => {
    fake = await temporaryFake()
    onTestFinished(() => fake[Symbol.asyncDispose]())
    await writeDisksOfNow(past.world.lab, 'web', fake)
  })

  const options = () => ({
    ...backupOptions,
    fullRead: true,
    transport: { order: ['vddk'] as const, compression: 'none' as const, vddk: { library: fake.root } },
  })
  const work = () => ({ kind: 'backup', vms: ['web'], options: options() }) as const

  /** Waits until the library was asked for something like that; not longer than the victim lives. */
  async function asked(victim: Victim, what: string): Promise<number> {
    let death: string | undefined
    void victim.death.then((how) => (death = how))
    for (;;) {
      const calls = await fake.calls()
      if (calls.some(({ call }) => call.startsWith(what))) return calls[0]!.thread
      if (death !== undefined) throw new Error(`it ended before: ${death}`)
      await sleep(20)
    }
  }

  async function expectGone(pid: number): Promise<void> {
    for (let i = 0; i < 500 && (await isAlive({ pid, startTicks: 0 })); i++) await sleep(20)
    expect(await isAlive({ pid, startTicks: 0 })).toBe(false)
  }

  it('in the midst of a disk, takes the library with it', async () => {
    const at = { event: { type: 'disk-phase', phase: 'read' }, nth: 1, signal: 'SIGKILL' } as const
    await using victim = startVictim(past.world, work(), { at })
    expect(await victim.death).toBe('SIGKILL')
    await expectGone((await fake.calls())[0]!.thread)
    expect(past.ourSnapshots).toHaveLength(1)
    expect(await past.backup(['web'])).toMatchObject({ outcome: 'ok' })
    await past.expectSound()
  })

  it.each(crashPoints.filter(({ of }) => of === 'vddk'))('at $at, leaves no VM that can’t be moved', async (point) => {
    await using _vcenter = await vcenterOfLibrary(fake, past.world.session)
    const vm = past.world.lab.vm('web').ref.value
    await using victim = startVictim(past.world, work(), { crashAt: point.at })
    expect(await victim.death).toBe('SIGKILL')
    expect(await isHeld(past.world.session, vm)).toBe(
      point.at === 'vddk.after-hold' || point.at === 'vddk.before-release',
    )
    const { session, stateFolder } = past.world
    const { kept } = await cleanUpLeftovers({ session, stateFolder, onEvent: () => {}, endHold: holdEnder() })
    expect(kept).toEqual([])
    expect(await isHeld(session, vm)).toBe(false)
    await past.expectNothingLeft()
    const [made, ...more] = await past.unknownPoints()
    expect([made !== undefined, more]).toEqual([point.finished, []])
    if (made !== undefined) await past.learn(made, await past.nowOf('web'))
    await past.expectSound()
  })

  it.each([
    ['initialising, in its main thread', 'InitEx 1 hang'],
    ['reading, in the other', 'ReadAsync 1 hang'],
  ])('takes a library with it that hangs while %s', async (_name, rule) => {
    await fake.rules(rule)
    await using victim = startVictim(past.world, work())
    const pid = await asked(victim, 'RULE')
    victim.kill()
    expect(await victim.death).toBe('SIGKILL')
    await expectGone(pid)
    expect(await past.backup(['web'])).toMatchObject({ outcome: 'ok' })
    await past.expectSound()
  })
})
