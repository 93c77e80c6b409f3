// kill -9 in the middle of a restore, then start again: no half VM and no half file, and nothing that is not ours is touched.
import { readdir, readFile, stat, unlink } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { openRawFile } from '@vmkeep/disk'
import { type Destination, type RestoreReport, restoreToFiles, restoreToVsphere } from '@vmkeep/restore'
import { cleanUpLeftovers, vmPointOf } from '@vmkeep/run'
import { holdEnder, defaultTransport } from '@vmkeep/transport'
import { openVmdk } from '@vmkeep/vmdk'
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
    cleanUpLeftovers({ endHold: holdEnder(), session: past.world.session, stateFolder, onEvent: ignore, signal })

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
    expect(await cleanUp()).toEqual({ removed: [], gone: [], kept: [] })
    expect(vmNames()).toContain('theirs')
    expect(await cleanUp(theirs)).toMatchObject({ removed: [{ kind: 'vm' }], kept: [] })
    expect(vmNames()).not.toContain('theirs')
  })

  it('keeps what it works on while it lives', async () => {
    const at = { event: { type: 'disk-phase', phase: 'verify' }, signal: 'SIGSTOP' } as const
    await using victim = startVictim(past.world, work('alive'), { at })
    await victim.reached
    expect(await cleanUp()).toEqual({ removed: [], gone: [], kept: [] })
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

describe('a restore to files', () => {
  const formats = ['raw', 'monolithicFlat', 'monolithicSparse', 'streamOptimized'] as const
  type Format = (typeof formats)[number]

  const folderOf = (name: string) => join(past.world.folder, 'files', name.replace('#', ' '))
  const work = (folder: string, format: Format) =>
    ({ kind: 'restore-to-files', point: point().id, folder, format }) as const
  const again = (folder: string, format: Format) => {
    const { repository } = past.world
    const request = { repository, folder, format, disks: [], verify: true, onEvent: ignore, signal } as const
    return restoreToFiles({ ...request, point: vmPointOf(point()) })
  }
  const namesIn = async (folder: string) => {
    const names = await readdir(folder)
    return {
      whole: names.filter((name) => !name.endsWith('.partial')),
      partial: names.filter((name) => name.endsWith('.partial')),
    }
  }

  const ofRestore = crashPoints.filter((crash) => crash.of === 'restore-to-files')

  it.each(ofRestore)(
    'killed at $at leaves whole files only, and what the next one says is the way out',
    async ({ at, finished }) => {
      const folder = folderOf(at)
      await using victim = startVictim(past.world, work(folder, 'raw'), { crashAt: at })
      expect(await victim.death).toBe('SIGKILL')
      const { whole } = await namesIn(folder)
      expect(whole.includes('web-restored.json')).toBe(finished)
      for (const name of whole) await expectWhole(join(folder, name))
      await expectMended(folder, 'raw', finished)
    },
  )

  it.each(['new-file.after-link', 'new-file.before-link#2'])(
    'killed at %s never leaves the descriptor of a VMDK without its extent',
    async (at) => {
      const folder = folderOf(`flat ${at}`)
      await using victim = startVictim(past.world, work(folder, 'monolithicFlat'), { crashAt: at })
      expect(await victim.death).toBe('SIGKILL')
      expect((await namesIn(folder)).whole).toEqual(['web-scsi0-0-flat.vmdk'])
      await expectWhole(join(folder, 'web-scsi0-0-flat.vmdk'))
      await expectMended(folder, 'monolithicFlat', false)
    },
  )

  it.each(formats)(
    'killed in the middle of a %s file is done by the next one, into the same folder',
    async (format) => {
      const folder = folderOf(format)
      const at = { event: { type: 'disk-progress' }, nth: 1, signal: 'SIGKILL' } as const
      await using victim = startVictim(past.world, work(folder, format), { at })
      expect(await victim.death).toBe('SIGKILL')
      const { whole, partial } = await namesIn(folder)
      expect(whole).toEqual([])
      expect(partial.length).toBeGreaterThan(1)
      await expectRestored(folder, format)
    },
  )

  it('keeps another one away while it lives, and gives way when it is dead', async () => {
    const folder = folderOf('alive')
    const at = { event: { type: 'disk-progress' }, nth: 1, signal: 'SIGSTOP' } as const
    await using victim = startVictim(past.world, work(folder, 'raw'), { at })
    await victim.reached
    const before = await readdir(folder)
    await expect(again(folder, 'raw')).rejects.toMatchObject({ code: 'restore.target-busy' })
    expect(await readdir(folder)).toEqual(before)
    victim.kill()
    expect(await victim.death).toBe('SIGKILL')
    await expectRestored(folder, 'raw')
  })

  it.each(formats)('of two processes at once, as %s, is done by one of them', async (format) => {
    const folder = folderOf(`race ${format}`)
    await using one = startVictim(past.world, work(folder, format))
    await using other = startVictim(past.world, work(folder, format))
    const deaths = await Promise.all([one.death, other.death])
    expect(deaths.filter((how) => how === 'exit 0: ')).toHaveLength(1)
    expect(deaths.filter((how) => /restore\.target-(exists|busy)/.test(how))).toHaveLength(1)
    expect((await namesIn(folder)).partial).toEqual([])
    await expectDisks(folder, format)
  })

  /** The error of the next restore names what is there; once that is moved away, as it says, all goes well. */
  async function expectMended(folder: string, format: Format, finished: boolean): Promise<void> {
    const { whole } = await namesIn(folder)
    if (whole.length > 0) {
      const says = finished ? /of the restore that web-restored\.json tells of/ : /but no web-restored\.json/
      const message = expect.stringMatching(says)
      await expect(again(folder, format)).rejects.toMatchObject({ code: 'restore.target-exists', message })
      expect(await namesIn(folder)).toEqual({ whole, partial: [] })
      for (const name of whole) await unlink(join(folder, name))
    }
    await expectRestored(folder, format)
  }

  async function expectRestored(folder: string, format: Format): Promise<void> {
    expect(await again(folder, format)).toMatchObject({ verified: true, warnings: [] })
    const { whole, partial } = await namesIn(folder)
    expect(whole).toContain('web-restored.json')
    expect(partial).toEqual([])
    await expectDisks(folder, format)
  }

  async function expectDisks(folder: string, format: Format): Promise<void> {
    for (const [i, { key }] of vmPointOf(point()).disks.entries()) {
      const path = join(folder, `web-scsi0-${i}.${format === 'raw' ? 'raw' : 'vmdk'}`)
      await using disk = await (format === 'raw' ? openRawFile(path) : openVmdk(path))
      expect(await firstDifference(disk, instant.get(key)!)).toBeUndefined()
    }
  }

  /** A file of a raw or flat restore, under its final name, has all its bytes. */
  async function expectWhole(path: string): Promise<void> {
    const { disks, configXml, homeFiles } = vmPointOf(point())
    const name = basename(path)
    const disk = disks.find((_, i) => name.startsWith(`web-scsi0-${i}`))
    const blob = name === 'web-config.xml' ? configXml : homeFiles.find((file) => file.name === name)?.blob
    if (disk !== undefined) {
      await using file = await openRawFile(path)
      expect(await firstDifference(file, instant.get(disk.key)!)).toBeUndefined()
    } else if (blob !== undefined) {
      expect((await readFile(path)).equals(await past.world.repository.readBlob(blob))).toBe(true)
    } else {
      expect(name).toBe('web-restored.json')
      const { files, disks: told } = JSON.parse(await readFile(path, 'utf8')) as RestoreReport
      for (const each of [...files, ...told.map(({ target }) => target)]) await stat(each)
    }
  }
})
