// kill -9 in the middle of a restore, then start again: no half VM and no half file, and nothing that is not ours is touched.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { openRawFile } from '@vmkeep/disk'
import { type Destination, restoreToFiles, restoreToVsphere } from '@vmkeep/restore'
import { cleanUpLeftovers, vmPointOf } from '@vmkeep/run'
import { defaultTransport } from '@vmkeep/transport'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { firstDifference, type Instant } from '../support/world.ts'
import { crashPoints } from './crash-points.ts'
import { CrashWorld } from './crash-world.ts'
import { startVictim } from './start-victim.ts'

let past: CrashWorld
let instant: Instant
beforeAll(async () => {
  past = await CrashWorld.start(['web'])
  instant = await past.nowOf('web')
})
afterAll(() => past[Symbol.asyncDispose]())

const ignore = () => {}
const { signal } = new AbortController()
const point = () => past.points[0]!
const vmNames = () => past.world.lab.state().vms.map(({ name }) => name)

describe('a restore into vSphere killed', () => {
  const destinationOf = (name: string): Destination => ({
    name,
    networkMap: {},
    identity: 'auto',
    connectNetworks: 'auto',
    disks: [],
  })
  const work = (name: string) =>
    ({ kind: 'restore-to-vsphere', point: point().id, destination: destinationOf(name) }) as const
  const again = (name: string) => {
    const { session, repository, stateFolder } = past.world
    const common = { session, repository, stateFolder, onEvent: ignore, signal }
    const how = { transport: defaultTransport, verify: true, powerOn: false } as const
    return restoreToVsphere({ ...common, ...how, point: vmPointOf(point()), destination: destinationOf(name) })
  }
  const cleanUp = (stateFolder = past.world.stateFolder) =>
    cleanUpLeftovers({ session: past.world.session, stateFolder, onEvent: ignore, signal })

  const ofRestore = crashPoints.filter((crash) => crash.of === 'restore-to-vsphere')

  it.each(ofRestore.filter(({ finished }) => !finished))(
    'at $at leaves no half VM after the next start, which restores it',
    async ({ at }) => {
      const others = vmNames()
      const name = `from ${at.replace('#', ' ')}`
      await using victim = startVictim(past.world, work(name), { crashAt: at })
      expect(await victim.death).toBe('SIGKILL')
      expect(vmNames()).toEqual(at === 'restore.before-vm' ? others : [...others, name])
      expect(await again(name)).toMatchObject({ vm: name, verified: true })
      expect(vmNames()).toEqual([...others, name])
      await expectRestored(name)
      await past.expectSound()
    },
  )

  it.each(ofRestore.filter(({ finished }) => finished))(
    'at $at leaves a whole VM, which no start destroys',
    async ({ at }) => {
      const name = `from ${at}`
      await using victim = startVictim(past.world, work(name), { crashAt: at })
      expect(await victim.death).toBe('SIGKILL')
      for (let starts = 0; starts < 2; starts++) expect(await cleanUp()).toMatchObject({ kept: [] })
      expect(vmNames()).toContain(name)
      await expectRestored(name)
      await past.expectSound()
    },
  )

  it('is cleaned up with a VM of the same name that somebody else has made meanwhile left as it is', async () => {
    const name = 'made twice'
    await using victim = startVictim(past.world, work(name), { crashAt: 'restore.before-vm' })
    expect(await victim.death).toBe('SIGKILL')
    await using other = startVictim(past.world, work(name), { stateFolder: join(past.world.folder, 'other') })
    expect(await other.death).toBe('exit 0: ')
    await expect(again(name)).rejects.toMatchObject({ code: 'restore.vm-exists' })
    await expectRestored(name)
    await past.expectSound()
  })

  it("leaves another installation's half VM to it", async () => {
    const theirs = join(past.world.folder, 'another installation')
    await using victim = startVictim(past.world, work('theirs'), { crashAt: 'restore.after-disk', stateFolder: theirs })
    expect(await victim.death).toBe('SIGKILL')
    expect(await cleanUp()).toEqual({ removed: [], kept: [] })
    expect(vmNames()).toContain('theirs')
    expect(await cleanUp(theirs)).toMatchObject({ removed: [{ kind: 'vm' }], kept: [] })
    expect(vmNames()).not.toContain('theirs')
  })

  it('keeps what it works on while it lives', async () => {
    const at = { event: { type: 'disk-phase', phase: 'verify' }, signal: 'SIGSTOP' } as const
    await using victim = startVictim(past.world, work('alive'), { at })
    await victim.reached
    expect(await cleanUp()).toEqual({ removed: [], kept: [] })
    expect(vmNames()).toContain('alive')
    victim.kill()
    expect(await victim.death).toBe('SIGKILL')
    expect(await cleanUp()).toMatchObject({ removed: [{ kind: 'vm', vmName: 'alive' }], kept: [] })
    expect(vmNames()).not.toContain('alive')
    await past.expectSound()
  })

  async function expectRestored(name: string): Promise<void> {
    const { disks } = past.world.lab.vm(name)
    const saved = vmPointOf(point()).disks
    expect(disks).toHaveLength(saved.length)
    for (const [i, disk] of disks.entries()) {
      await using view = past.world.lab.storage.openPath(disk.backing.fileName)
      expect(await firstDifference(view, instant.get(saved[i]!.key)!)).toBeUndefined()
    }
  }
})

describe('a restore to files killed', () => {
  const again = (folder: string, format: 'raw' | 'streamOptimized') => {
    const { repository } = past.world
    const request = { repository, folder, format, disks: [], verify: true, onEvent: ignore, signal } as const
    return restoreToFiles({ ...request, point: vmPointOf(point()) })
  }

  it.each(['raw', 'monolithicFlat', 'monolithicSparse', 'streamOptimized'] as const)(
    'in the middle of a %s file leaves nothing under the name of a whole one',
    async (format) => {
      const folder = join(past.world.folder, format)
      const at = { event: { type: 'disk-progress' }, nth: 1, signal: 'SIGKILL' } as const
      const work = { kind: 'restore-to-files', point: point().id, folder, format } as const
      await using victim = startVictim(past.world, work, { at })
      expect(await victim.death).toBe('SIGKILL')
      const names = await readdir(folder)
      expect(names).not.toEqual([])
      expect(names.filter((name) => !name.endsWith('.partial'))).toEqual([])
    },
  )

  it('is done by the next one, into the same folder', async () => {
    const folder = join(past.world.folder, 'raw')
    const report = await again(folder, 'raw')
    for (const [i, { target }] of report.disks.entries()) {
      await using disk = await openRawFile(target)
      expect(await firstDifference(disk, instant.get(vmPointOf(point()).disks[i]!.key)!)).toBeUndefined()
    }
    expect((await readdir(folder)).filter((name) => name.endsWith('.partial'))).toEqual([])
  })

  it('between two files keeps the whole one, which is never written over', async () => {
    const folder = join(past.world.folder, 'second disk')
    const at = { event: { type: 'disk-phase', phase: 'write' }, nth: 2, signal: 'SIGKILL' } as const
    const work = { kind: 'restore-to-files', point: point().id, folder, format: 'raw' } as const
    await using victim = startVictim(past.world, work, { at })
    expect(await victim.death).toBe('SIGKILL')
    const [whole, ...more] = await readdir(folder)
    expect(more).toEqual([])
    await using disk = await openRawFile(join(folder, whole!))
    expect(await firstDifference(disk, instant.get(2000)!)).toBeUndefined()
    await expect(again(folder, 'raw')).rejects.toMatchObject({ code: 'restore.target-exists' })
    expect(await again(join(past.world.folder, 'elsewhere'), 'raw')).toMatchObject({ verified: true })
  })
})
