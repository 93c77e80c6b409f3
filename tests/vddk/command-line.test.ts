// VMware's library from the command line: what doctor says of it, what plan chooses, what a backup does.
import { rename, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type FakeVddk, temporaryFake, whyNoFakeVddk } from '@vmkeep/vddk/testing'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { vmkeep } from '../support/command-line.ts'
import { writeDisks } from '../support/fake-vddk.ts'
import { isHeld, vcenterOfLibrary } from '../support/vcenter-of-library.ts'
import { passphrase, World } from '../support/world.ts'

const why = await whyNoFakeVddk()

describe.skipIf(why !== undefined)('the command line', () => {
  let world: World
  let fake: FakeVddk
  let config: string
  const run = (...args: string[]) =>
    vmkeep([...args, '--config', config], { XDG_CACHE_HOME: join(world.folder, 'cache') })

  beforeEach(async () => {
    fake = await temporaryFake()
    onTestFinished(() => fake[Symbol.asyncDispose]())
    world = await World.start({ seed: 'vddk', vms: [{ name: 'web', disks: [{ capacityBytes: 4 * 2 ** 20 }] }] })
    onTestFinished(() => world[Symbol.asyncDispose]())
    await world.lab.vm('web').disk().writeGuest(0, Buffer.alloc(65_536, 'by the library'))
    await writeDisks(world.lab, 'web', fake)
    const { host, port, username, password, thumbprintSha256: thumbprint } = world.lab
    config = join(world.folder, 'vmkeep.yaml')
    const settings = {
      repository: { path: join(world.folder, 'repository'), key: passphrase.reveal() },
      vcenters: [{ name: 'lab', host, port, username, password, thumbprint }],
      stateFolder: world.stateFolder,
      backup: { transports: ['vddk', 'nbdssl'], vddk: { library: fake.root, guestInfo: true } },
    }
    await writeFile(config, JSON.stringify(settings), { mode: 0o600 })
  })

  it('backs up by the library, plans it, and tells that it can be loaded', async () => {
    expect((await run('plan', 'web')).stdout).toContain('vddk')
    const backup = await run('backup', 'web', '--transport', 'vddk', '-o', 'json')
    expect(backup).toMatchObject({ exitCode: 0 })
    expect(backup.stdout).toContain('"transport": "vddk"')
    expect(world.lab.stats.nfcConnections).toBe(0)
    const doctor = await run('doctor')
    expect(doctor.stdout).toMatch(/ok +VDDK: version 8\.0\.1 in .* can be loaded; it knows file:san:hotadd:nbdssl:nbd/)
  })

  it('keeps with a point what libvixMntapi tells of the guest, and shows it', async () => {
    await fake.guest({
      family: 1,
      major: 10,
      minor: 0,
      bits: 64,
      vendor: 'Microsoft',
      edition: 'Server 2022',
      volumes: 2,
    })
    const backup = await run('backup', 'web', '-o', 'json')
    const { vms } = JSON.parse(backup.stdout) as { vms: { point: string }[] }
    const { stdout } = await run('point', 'show', vms[0]!.point)
    expect(stdout).toMatch(/guest: +Microsoft Server 2022 \(windows 10\.0, 64 bits\), as VMware's library says/)
    expect(stdout).toMatch(
      /volume: +GPT partition on Hard disk 1, C:\\ D:\\ in the guest\nvolume: +LVM volume on Hard disk 1\n/,
    )
    const shown = JSON.parse((await run('point', 'show', vms[0]!.point, '-o', 'json')).stdout) as object
    expect(shown).toMatchObject({ guest: { os: { family: 'windows' }, volumes: [{ kind: 'GPT partition' }, {}] } })
    await rm(join(fake.root, 'lib64', 'libvixMntapi.so.8'))
    const doctor = await run('doctor')
    expect(doctor.stdout).toMatch(/warn +VDDK: .*there is no libvixMntapi.*guestInfo does nothing without it/s)
  })

  it('has doctor --fix let a VM go that a killed backup has kept in its place, or say why it can’t', async () => {
    await using _vcenter = await vcenterOfLibrary(fake, world.session)
    const env = { XDG_CACHE_HOME: join(world.folder, 'cache'), VMKEEP_CRASH_AT: 'vddk.after-hold' }
    await vmkeep(['backup', 'web', '--config', config], env)
    const web = world.lab.vm('web').ref.value
    expect(await isHeld(world.session, web)).toBe(true)
    await rename(fake.root, `${fake.root}-moved`)
    const without = await run('doctor', '--fix')
    expect(without).toMatchObject({ exitCode: 7 })
    expect(without.stdout).toMatch(
      /fail +leftovers: 1 thing of interrupted runs left: web can't be relocated .* no libvixDiskLib in/,
    )
    await rename(`${fake.root}-moved`, fake.root)
    expect((await run('doctor', '--fix')).stdout).toMatch(/ok +leftovers: 1 thing of interrupted runs removed/)
    expect(await isHeld(world.session, web)).toBe(false)
  })

  it('says what is in the way of the library', async () => {
    await truncate(join(fake.root, 'lib64', 'libvixDiskLib.so.8.0.1'), 64)
    const doctor = await run('doctor')
    expect(doctor).toMatchObject({ exitCode: 7 })
    expect(doctor.stdout).toMatch(/fail +VDDK: .*libvixDiskLib\.so\.8 cannot be loaded: .*"ldd" lists it/)
    const backup = await run('backup', 'web', '-o', 'json')
    expect(backup).toMatchObject({ exitCode: 0 })
    expect(backup.stdout).toContain('"transport": "nbdssl"')
  })
})
