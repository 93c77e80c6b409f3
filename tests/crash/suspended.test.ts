import { defaultTransport, holdEnder } from '@vmkeep/transport'
import { cleanUpLeftovers, type VmPoint } from '@vmkeep/run'
import { type Destination, restoreToVsphere } from '@vmkeep/restore'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { backUpWithMemory, filesOf, removeOriginal, startMemoryWorld } from '../support/memory-world.ts'
import type { World } from '../support/world.ts'
import { crashPoints } from './crash-points.ts'
import { startVictim } from './start-victim.ts'

const { signal } = new AbortController()
const destination: Destination = { networkMap: {}, identity: 'auto', connectNetworks: 'auto', disks: [], memory: true }

let world: World
let point: VmPoint
beforeEach(async () => {
  world = await startMemoryWorld()
  point = (await backUpWithMemory(world)).point
  await removeOriginal(world)
})
afterEach(() => world[Symbol.asyncDispose]())

const cleanUp = () => {
  const { session, stateFolder } = world
  return cleanUpLeftovers({ endHold: holdEnder(), session, stateFolder, onEvent: () => {}, signal })
}
const dieAt = async (crashAt: string) => {
  await using victim = startVictim(world, { kind: 'restore-to-vsphere', point: point.id, destination }, { crashAt })
  expect(await victim.death).toBe('SIGKILL')
}
const again = () => {
  const { session, repository, stateFolder } = world
  const how = { transport: defaultTransport, verify: true, powerOn: false, onEvent: () => {}, signal } as const
  return restoreToVsphere({ session, repository, stateFolder, point, destination, ...how })
}

describe('a restore with memory killed', () => {
  const ofRestore = crashPoints.filter(({ of }) => of === 'restore-suspended')

  it.each(ofRestore.filter(({ finished }) => !finished))(
    'at $at leaves nothing after the next start, and can be done again',
    async ({ at }) => {
      const files = filesOf(world)
      await dieAt(at)
      expect(filesOf(world)).not.toEqual(files)
      expect(await cleanUp()).toMatchObject({ kept: [] })
      expect(world.lab.state().vms).toEqual([])
      expect(filesOf(world)).toEqual(files)
      expect(await cleanUp()).toEqual({ removed: [], gone: [], kept: [] })
      await again()
      expect(world.lab.vm('web').powerState).toBe('suspended')
      world.expectClean()
    },
  )

  it.each(ofRestore.filter(({ finished }) => finished))(
    'at $at leaves a VM that is whole, and only its snapshot goes',
    async ({ at }) => {
      await dieAt(at)
      expect(world.lab.vm('web').snapshots).toHaveLength(1)
      for (let starts = 0; starts < 2; starts++) expect(await cleanUp()).toMatchObject({ kept: [] })
      expect(world.lab.vm('web').powerState).toBe('suspended')
      world.expectClean()
      await world.session.call('PowerOnVM_Task', { _this: world.lab.vm('web').ref })
      await expect.poll(() => world.lab.vm('web').lastStart).toBe('resume')
    },
  )

  it('leaves a VM alone that its admin has taken out of the inventory once it was whole', async () => {
    await dieAt('restore.after-revert')
    await world.session.call('UnregisterVM', { _this: world.lab.vm('web').ref })
    const files = filesOf(world)
    expect(await cleanUp()).toMatchObject({ kept: [] })
    expect(world.lab.state().vms).toEqual([])
    expect(filesOf(world)).toEqual(files)
  })
})
