// kill -9 while a disk hangs on the machine vmkeep runs on: the next start takes off exactly that one, then removes the snapshot.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { cleanUpLeftovers, readJournals } from '@vmkeep/run'
import { holdEnder } from '@vmkeep/transport'
import { attachDisk, detachDisk } from '@vmkeep/vsphere'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { beProxy, proxy } from '../support/proxy.ts'
import { options, World } from '../support/world.ts'
import { crashPoints } from './crash-points.ts'
import { startVictim } from './start-victim.ts'
import type { VictimWork } from './victim-task.ts'

const capacityBytes = 4 * 2 ** 20
const foreign = { controllerKey: 1000, unitNumber: 5, path: '[shared-1] db/db.vmdk', capacityBytes }

describe('a backup that attaches disks, killed', () => {
  let world: World
  let work: VictimWork
  beforeAll(async () => {
    const disks = [{ capacityBytes }]
    world = await World.start({ vms: [{ name: 'web', cbt: true, disks }, { name: 'db', power: 'off', disks }, proxy] })
    work = { kind: 'backup', vms: ['web'], options: { ...options, transport: await beProxy(world) } }
    await world.lab
      .vm('web')
      .disk()
      .writeGuest(0, world.lab.random.bytes(2 ** 20))
    await attachDisk(world.session, world.lab.vm('proxy').ref, foreign)
  })
  afterAll(() => world[Symbol.asyncDispose]())

  const onProxy = () => world.lab.vm('proxy').disks.map(({ backing }) => backing.parent?.fileName ?? backing.fileName)
  const foreignOnly = ['[shared-1] proxy/proxy.vmdk', '[shared-1] db/db.vmdk']
  const cleanUp = () => {
    const { session, stateFolder } = world
    return cleanUpLeftovers({
      endHold: holdEnder(),
      session,
      stateFolder,
      onEvent: (event) => world.events.push(event),
    })
  }

  const expectNothingLeft = async () => {
    expect(onProxy()).toEqual(foreignOnly)
    expect(await readdir(join(world.stateFolder, 'journal'))).toEqual([])
    world.expectClean()
  }

  it.each([...crashPoints.filter(({ of }) => of === 'hotadd'), { at: 'reading' }])(
    'at $at leaves nothing',
    async ({ at }) => {
      await world.lab
        .vm('web')
        .disk()
        .writeGuest(2 ** 20, world.lab.random.bytes(2 ** 16))
      const reading = { event: { type: 'disk-progress' }, signal: 'SIGKILL' } as const
      await using victim = startVictim(world, work, at === 'reading' ? { at: reading } : { crashAt: at })
      expect(await victim.death).toBe('SIGKILL')
      const hangs = at !== 'hotadd.before-attach' && at !== 'hotadd.after-detach'
      expect(onProxy()).toEqual(hangs ? [...foreignOnly, '[shared-1] web/web.vmdk'] : foreignOnly)
      expect(await cleanUp()).toMatchObject({
        [hangs ? 'removed' : 'gone']: [{ kind: 'disk' }, ...(hangs ? [{}] : [])],
        kept: [],
      })
      await expectNothingLeft()
      expect(await world.backup(['web'])).toMatchObject({ outcome: 'ok' })
    },
  )

  it('leaves a disk alone that somebody else has put in its place since', async () => {
    await using victim = startVictim(world, work, { crashAt: 'hotadd.after-attach' })
    expect(await victim.death).toBe('SIGKILL')
    const [run] = await readJournals(world.stateFolder)
    const { attachment } = run!.outstanding.find(({ kind }) => kind === 'disk')!
    const { ref } = world.lab.vm('proxy')
    await detachDisk(world.session, ref, attachment!)
    await detachDisk(world.session, ref, foreign)
    await attachDisk(world.session, ref, { ...foreign, ...pick(attachment!) })
    expect(await cleanUp()).toMatchObject({ gone: [{ kind: 'disk' }], removed: [{ kind: 'snapshot' }], kept: [] })
    await expectNothingLeft()
  })

  const pick = ({ controllerKey, unitNumber }: typeof foreign | { controllerKey: number; unitNumber: number }) => ({
    controllerKey,
    unitNumber,
  })

  it('keeps the snapshot until the disk is off, where the machine cannot be changed', async () => {
    await using victim = startVictim(world, work, { crashAt: 'hotadd.after-attach' })
    expect(await victim.death).toBe('SIGKILL')
    using _rule = world.lab.faults.add({
      on: 'ReconfigVM_Task',
      object: 'proxy',
      times: 1,
      then: { do: 'fault', type: 'InvalidState' },
    })
    const { kept } = await cleanUp()
    expect(kept).toMatchObject([
      { kind: 'disk' },
      { kind: 'snapshot', why: expect.stringMatching(/its disk must be taken off first/) },
    ])
    expect(world.lab.vm('web').snapshots).toHaveLength(1)
    expect(await cleanUp()).toMatchObject({ removed: [{ kind: 'disk' }, { kind: 'snapshot' }], kept: [] })
    await expectNothingLeft()
  })
})
