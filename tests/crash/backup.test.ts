// kill -9 at every named point of a backup, then start again: nothing committed is lost or changed, nothing of ours remains.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { crashPoints } from './crash-points.ts'
import { backupOptions, CrashWorld } from './crash-world.ts'
import { startVictim } from './start-victim.ts'

const ofBackup = crashPoints.filter((point) => point.of === 'backup')
const work = (...vms: string[]) => ({ kind: 'backup', vms, options: backupOptions }) as const

describe('a backup killed', () => {
  let past: CrashWorld
  beforeAll(async () => {
    past = await CrashWorld.start(['web', 'db'])
  })
  afterAll(() => past[Symbol.asyncDispose]())

  it.each(ofBackup)('at $at leaves nothing that the next start does not mend', async ({ at, finished }) => {
    await past.guestWrites('web')
    const before = await past.nowOf('web')
    await using victim = startVictim(past.world, work('web'), { crashAt: at })
    expect(await victim.death).toBe('SIGKILL')

    const committed = await past.unknownPoints()
    expect(committed).toHaveLength(finished ? 1 : 0)
    for (const point of committed) await past.learn(point, before)
    await past.expectPointsUnchanged()

    await past.guestWrites('web', 1)
    const report = await past.backup(['web'])
    expect(report).toMatchObject({
      outcome: 'ok',
      vms: [{ disks: [{ mode: 'incremental' }, { mode: 'incremental' }] }],
    })
    await past.expectSound()
  })

  it('with two VMs in work is mended on both', async () => {
    await Promise.all(['web', 'db'].map((name) => past.guestWrites(name)))
    const at = { event: { type: 'vm-phase', phase: 'commit' }, nth: 1, signal: 'SIGKILL' } as const
    await using victim = startVictim(past.world, work('web', 'db'), { at })
    expect(await victim.death).toBe('SIGKILL')
    expect(past.ourSnapshots.length).toBeGreaterThan(0) // one, if the other VM was slower to begin
    expect(await past.backup(['db', 'web'])).toMatchObject({ outcome: 'ok' })
    await past.expectSound()
  })

  it('never loses what any of them has committed', () => past.expectAllInstants())
})
