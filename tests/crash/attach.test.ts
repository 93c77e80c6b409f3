// kill -9 in the middle of a restore of one disk to another VM: the VM has the whole disk, or nothing is left of it anywhere.
import { cleanUpLeftovers } from '@vmkeep/run'
import { holdEnder } from '@vmkeep/transport'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { firstDifference, type Instant } from '../support/world.ts'
import { crashPoints } from './crash-points.ts'
import { CrashWorld } from './crash-world.ts'
import { startVictim } from './start-victim.ts'

let past: CrashWorld
let instant: Instant
beforeAll(async () => {
  past = await CrashWorld.start(['web', 'db'])
  instant = await past.nowOf('web')
})
afterAll(() => past[Symbol.asyncDispose]())

const { signal } = new AbortController()
const vmNames = () => past.world.lab.state().vms.map(({ name }) => name)
/** Disks of ours among the files of the other VM, wherever they hang. */
function strayFiles(): string[] {
  const { lab } = past.world
  const [, datastore, folder] = /^\[(.+)\] (.+)\/[^/]+$/.exec(lab.vm('db').disks[0]!.backing.fileName)!
  const files = lab.storage.datastore(datastore!).list(folder!)
  return files
    .map(({ name }) => name)
    .filter((name) => name.startsWith('vmkeep-') && !/-(?:flat|ctk)\.vmdk$/.test(name))
}
const cleanUp = () => {
  const { session, stateFolder } = past.world
  return cleanUpLeftovers({ endHold: holdEnder(), session, stateFolder, onEvent: () => {}, signal })
}

it.each(crashPoints.filter(({ of }) => of === 'restore-to-other-vm'))(
  'killed at $at it leaves a whole disk, or none',
  async ({ at, finished }) => {
    const { lab } = past.world
    const before = lab.vm('db').disks.map(({ backing }) => backing.fileName)
    const point = past.points.find(({ subject }) => subject.name === 'web')!.id
    const work = { kind: 'restore-to-other-vm', point, disk: 'scsi0:1', attachTo: 'db' } as const
    await using victim = startVictim(past.world, work, { crashAt: at })
    expect(await victim.death).toBe('SIGKILL')
    const made = lab
      .state()
      .vms.filter(({ name }) => name.startsWith('vmkeep-restore-'))
      .flatMap(({ name }) => lab.vm(name).disks.map(({ backing }) => backing.fileName))
    for (let starts = 0; starts < 2; starts++) expect(await cleanUp()).toMatchObject({ kept: [] })

    expect(vmNames()).toEqual(['web', 'db'])
    const after = lab.vm('db').disks.map(({ backing }) => backing.fileName)
    expect(after.slice(0, before.length)).toEqual(before)
    expect(after).toHaveLength(before.length + (finished ? 1 : 0))
    for (const path of made) expect(() => lab.storage.openPath(path)).toThrow() // went with the temporary VM
    expect(strayFiles()).toEqual(finished ? [expect.stringContaining('scsi0-1')] : [])
    if (finished) {
      await lab.vm('db').power('off')
      await using view = lab.storage.openPath(after.at(-1)!)
      expect(await firstDifference(view, instant.get(2001)!)).toBeUndefined()
    }
    await past.expectSound()
  },
)
