// Scripts inside of guests around the snapshot: when they run, what their failures do, and that a guest is thawed whatever happens.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { GuestScripts, RunReport } from '@vmkeep/backup'
import { Secret } from '@vmkeep/kit'
import { type GuestDescription, type GuestProcess, parseFaultRule, type VmDescription } from '@vmkeep/lab'
import { vmkeep } from '../support/command-line.ts'
import { passphrase, World } from '../support/world.ts'

const password = 'guest Pa55 <&> word'
const [freeze, thaw] = ['/usr/local/sbin/freeze', '/usr/local/sbin/thaw']
const users = [{ name: 'backup', password }]
const guestOf = (pre: Partial<NonNullable<GuestDescription['programs']>[number]> = {}): GuestDescription => ({
  users,
  programs: [{ path: freeze, ...pre }, { path: thaw }],
})
const linux: VmDescription = { name: 'linux', disks: [{ capacityBytes: 1 << 20 }], guest: guestOf() }

interface Backed {
  readonly world: World
  readonly vm: RunReport['vms'][number]
  readonly ran: readonly GuestProcess[]
}

async function backedUp(
  described: Partial<VmDescription> = {},
  change: Partial<GuestScripts> & { readonly password?: string; readonly cancelOnStart?: boolean } = {},
  rules: readonly string[] = [],
): Promise<Backed> {
  const world = await World.start({ seed: 'guest-scripts', vms: [{ ...linux, ...described }] })
  for (const rule of rules) world.lab.faults.add(parseFaultRule(rule))
  const { password: given = password, cancelOnStart = false, ...rest } = change
  const login = async () => ({ username: 'backup', password: new Secret(given) })
  const guestScripts = { pre: freeze, post: thaw, timeoutSeconds: 600, ifPreFails: 'fail', login, ...rest } as const
  const controller = new AbortController()
  const session = new Proxy(world.session, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target)
      if (typeof value !== 'function') return value
      return async (...args: unknown[]) => {
        const answer: unknown = await Reflect.apply(value, target, args)
        if (cancelOnStart && args[0] === 'StartProgramInGuest') controller.abort(new Error('Ctrl-C'))
        return answer
      }
    },
  })
  const { vms } = await world.backup(['linux'], { guestScripts }, { session, signal: controller.signal })
  expect(world.lab.vm('linux').guestFiles).toEqual([])
  expect(JSON.stringify([vms, world.events])).not.toContain('Pa55')
  return { world, vm: vms[0]!, ran: world.lab.vm('linux').guestProcesses }
}

/** How often a file was made in the guest, read, and removed; and what was said of it. */
async function callsOf(backed: Promise<Backed>) {
  const { world } = await backed
  await using _world = world
  const { calls } = world.lab.stats
  const methods = ['CreateTemporaryFileInGuest', 'InitiateFileTransferFromGuest', 'DeleteFileInGuest']
  const notes = world.events.flatMap((event) =>
    event.type === 'note' && event.code === 'script-output' ? [event] : [],
  )
  return { calls: methods.map((method) => calls.get(method) ?? 0), said: notes.map(({ message }) => message) }
}

const shortly = (ran: readonly GuestProcess[]) =>
  ran.map((process) => [process.path, process.arguments.replace(/ \S+/, ''), process.snapshotsAtStart])

describe('scripts in the guest', () => {
  it('run before and after the snapshot, and the point says so', async () => {
    const { world, vm, ran } = await backedUp()
    await using _world = world
    expect(vm).toMatchObject({ outcome: 'ok', warnings: [] })
    expect(shortly(ran)).toEqual([
      [freeze, 'pre', 0],
      [thaw, 'post ok', 1],
    ])
    expect((await world.point(vm.point)).scripts).toMatchObject([
      { where: 'guest', phase: 'pre', script: freeze, outcome: 'ok' },
      { where: 'guest', phase: 'post', script: thaw, outcome: 'ok' },
    ])
    world.expectClean()
  })

  it('stand between those of this machine', async () => {
    const world = await World.start({ seed: 'both', vms: [linux] })
    await using _world = world
    const path = join(world.folder, 'script')
    await writeFile(path, '#!/bin/sh\n', { mode: 0o700 })
    const each = { timeoutSeconds: 600, ifPreFails: 'fail' } as const
    const login = async () => ({ username: 'backup', password: new Secret(password) })
    const { vms } = await world.backup(['linux'], {
      scripts: { pre: path, post: path, ...each },
      guestScripts: { pre: freeze, post: thaw, login, ...each },
    })
    const { scripts = [] } = await world.point(vms[0]!.point)
    expect(scripts.map(({ where, phase }) => `${where} ${phase}`)).toEqual([
      'host pre',
      'guest pre',
      'guest post',
      'host post',
    ])
  })

  it.each<[string, Partial<VmDescription>, Parameters<typeof backedUp>[1], string[], RegExp, string[]]>([
    ['ends badly', { guest: guestOf({ exitCode: 9 }) }, {}, [], /exit code 9/, ['pre', 'post failed']],
    [
      'takes too long',
      { guest: guestOf({ runsMs: 3_600_000 }) },
      { timeoutSeconds: 1 },
      [],
      /longer than 1 s and was ended/,
      ['pre', 'post failed'],
    ],
    ['is not there', { guest: { users, programs: [{ path: thaw }] } }, {}, [], /freeze.*is there/, ['post failed']],
    [
      'may not be run by this account',
      { guest: guestOf({ onlyFor: 'root' }) },
      {},
      [],
      /GuestPermissionDenied.*rights/,
      ['post failed'],
    ],
    ['cannot log in', {}, { password: 'wrong' }, [], /InvalidGuestLogin.*does not take this account/, []],
    ['finds no Tools', { tools: 'missing' }, {}, [], /GuestOperationsUnavailable.*install or start/, []],
    ['is one of Windows', {}, { pre: 'C:\\freeze.ps1' }, [], /policy of their own/, ['post failed']],
    [
      'cannot be watched',
      { guest: guestOf({ runsMs: 3_600_000 }) },
      {},
      ['ListProcessesInGuest,times=1,then=fault:GuestPermissionDenied'],
      /GuestPermissionDenied.* and was ended/,
      ['pre', 'post failed'],
    ],
  ])('fail the VM without a snapshot when the first %s', async (_, described, change, rules, why, words) => {
    const { world, vm, ran } = await backedUp(described, change, rules)
    await using _world = world
    expect(vm).toMatchObject({ outcome: 'failed', error: { code: 'backup.guest-script-failed' } })
    expect(vm.error!.message).toMatch(why)
    expect(shortly(ran).map(([, word]) => word)).toEqual(words)
    expect(world.lab.stats.calls.get('CreateSnapshotEx_Task')).toBeUndefined()
    world.expectClean()
  })

  it('warn when the first fails and the policy goes on', async () => {
    const { world, vm, ran } = await backedUp({ guest: guestOf({ exitCode: 9 }) }, { ifPreFails: 'continue' })
    await using _world = world
    expect(vm).toMatchObject({ outcome: 'ok', warnings: [{ code: 'guest-pre-script-failed' }] })
    expect(shortly(ran)).toEqual([
      [freeze, 'pre', 0],
      [thaw, 'post ok', 1],
    ])
    expect((await world.point(vm.point)).scripts).toMatchObject([
      { outcome: 'failed', why: 'it ended with exit code 9' },
      { outcome: 'ok' },
    ])
  })

  it.each<[string, Partial<VmDescription>, string, Partial<GuestScripts>]>([
    ['Linux, from memory', {}, freeze, {}],
    [
      'Windows, of a script that cmd.exe runs',
      {
        guestId: 'windows2019srvNext_64Guest',
        guest: { users, programs: [{ path: 'C:\\freeze.cmd', exitCode: 9, writes: 'db: timeout' }] },
      },
      'C:\\freeze.cmd',
      {},
    ],
  ])('tell what the one that failed has written: %s', async (_, described, pre, change) => {
    const guest = guestOf({ exitCode: 9, writes: `${'.'.repeat(5000)}\n\u001B[31mdb: \u0007timeout\n` })
    const { world, vm } = await backedUp({ guest, ...described }, { pre, ...change })
    await using _world = world
    expect(vm.error!.message).toMatch(/exit code 9, and said: \.{0,4096}\n?db: timeout/)
    expect(vm.error!.message.length).toBeLessThan(5000)
  })

  it('show no password that they have written, and keep what they said in the point', async () => {
    const guest = guestOf({ exitCode: 9, writes: `login ${password} refused` })
    const { world, vm } = await backedUp({ guest }, { ifPreFails: 'continue' })
    await using _world = world
    const [pre] = (await world.point(vm.point)).scripts ?? []
    expect(pre).toMatchObject({ why: 'it ended with exit code 9, and said: login *** refused' })
  })

  it('are not asked what they have written if they succeed, unless that is wanted, nor if it is not wanted', async () => {
    const guest = guestOf({ writes: 'all is well' })
    const { calls } = await callsOf(backedUp({ guest }))
    expect(calls).toEqual([2, 0, 2])
    const { calls: wanted, said } = await callsOf(backedUp({ guest }, { output: 'always' }))
    expect(wanted).toEqual([2, 2, 2])
    expect(said).toEqual([`${freeze} said: all is well`])
    const { calls: never } = await callsOf(backedUp({ guest: guestOf({ exitCode: 9 }) }, { output: 'never' }))
    expect(never).toEqual([0, 0, 0])
  })

  it.each([
    [
      'no file can be made there',
      'CreateTemporaryFileInGuest,then=fault:NoPermission',
      /not kept: .*lacks a privilege/,
    ],
    ['it cannot be read', 'InitiateFileTransferFromGuest,then=fault:GuestOperationsUnavailable', /could not be read: /],
    [
      'the file cannot be removed',
      'DeleteFileInGuest,times=1,then=fault:GuestPermissionDenied',
      /could not be removed: /,
    ],
  ])('run all the same where %s, and say so', async (what, rule, said) => {
    const world = await World.start({
      seed: 'output',
      vms: [{ ...linux, guest: guestOf({ exitCode: 9, writes: 'x' }) }],
    })
    await using _world = world
    world.lab.faults.add(parseFaultRule(rule))
    const login = async () => ({ username: 'backup', password: new Secret(password) })
    const guestScripts = { pre: freeze, timeoutSeconds: 600, ifPreFails: 'continue', login } as const
    const { vms } = await world.backup(['linux'], { guestScripts })
    expect(vms[0]).toMatchObject({ outcome: 'ok', warnings: [{ code: 'guest-pre-script-failed' }] })
    expect(vms[0]!.warnings[0]!.message).toMatch(said)
    expect(world.lab.vm('linux').guestProcesses).toHaveLength(1)
  })

  it('warn when the second fails: something may still be frozen', async () => {
    const guest = { users, programs: [{ path: freeze }, { path: thaw, exitCode: 1 }] }
    const { world, vm } = await backedUp({ guest })
    await using _world = world
    expect(vm).toMatchObject({ outcome: 'ok', warnings: [{ code: 'guest-post-script-failed' }] })
  })

  it('do not knock again with a password that was refused, which could lock the account', async () => {
    const { world, vm } = await backedUp({}, { password: 'wrong', ifPreFails: 'continue' })
    await using _world = world
    expect(vm.outcome).toBe('ok')
    expect(world.lab.stats.calls.get('ValidateCredentialsInGuest')).toBe(1)
    expect((await world.point(vm.point)).scripts).toMatchObject([{ outcome: 'failed' }, { outcome: 'not-run' }])
  })

  it('thaw by a guest that is slow to come back, and say what it waited for if that takes too long', async () => {
    const silent = 'ValidateCredentialsInGuest,after=1,times=6,then=fault:GuestOperationsUnavailable'
    const patient = await backedUp({}, {}, [silent])
    await using _patient = patient.world
    expect(patient.vm).toMatchObject({ outcome: 'ok', warnings: [] })
    expect(shortly(patient.ran).map(([, words]) => words)).toEqual(['pre', 'post ok'])
    const dead = await backedUp({}, { timeoutSeconds: 10 }, [silent.replace('times=6,', '')])
    await using _dead = dead.world
    expect(dead.vm).toMatchObject({ outcome: 'ok', warnings: [{ code: 'guest-post-script-failed' }] })
    expect(dead.vm.warnings[0]!.message).toMatch(/longer than 10 s to start it: .*GuestOperationsUnavailable/)
  })

  it('thaw when the snapshot fails', async () => {
    const rule = 'CreateSnapshot*_Task,then=task-fault:SnapshotDisabled'
    const { world, vm, ran } = await backedUp({}, {}, [rule])
    await using _world = world
    expect(vm).toMatchObject({ outcome: 'failed', error: { code: 'vsphere.snapshot-disabled' } })
    expect(shortly(ran).map(([, words]) => words)).toEqual(['pre', 'post failed'])
    world.expectClean()
  })

  it('thaw when the run is cancelled, and end what it was waiting for', async () => {
    const { world, vm, ran } = await backedUp({ guest: guestOf({ runsMs: 3_600_000 }) }, { cancelOnStart: true })
    await using _world = world
    expect(vm.outcome).toBe('cancelled')
    expect(shortly(ran).map(([, words]) => words)).toEqual(['pre', 'post failed'])
    expect(ran.map(({ end }) => end?.exitCode)).toEqual([143, 0])
    world.expectClean()
  })

  it.each([
    ['Tools that are silent for a moment', 'ValidateCredentialsInGuest,times=2,then=fault:GuestOperationsUnavailable'],
    ['an answer about a process that is lost', 'ListProcessesInGuest,times=1,then=fault:HostNotReachable'],
    ['the answer to the start that is lost', 'StartProgramInGuest,times=2,then=lost-reply'],
    ['a session that ends', 'StartProgramInGuest,times=1,then=expire-session'],
  ])('stand %s, and start nothing twice', async (_, rule) => {
    const { world, vm, ran } = await backedUp({}, {}, [rule])
    await using _world = world
    expect(vm).toMatchObject({ outcome: 'ok', warnings: [] })
    expect(shortly(ran).map(([, words]) => words)).toEqual(['pre', 'post ok'])
  })

  it('have nothing to do in a VM that is off', async () => {
    const { world, vm, ran } = await backedUp({ power: 'off' })
    await using _world = world
    expect(vm).toMatchObject({ outcome: 'ok', warnings: [] })
    expect(ran).toEqual([])
    expect((await world.point(vm.point)).scripts).toMatchObject([{ outcome: 'not-run' }, { outcome: 'not-run' }])
  })

  it('run in Windows by the interpreter of each', async () => {
    const programs = [{ path: 'C:\\Scripts\\freeze.ps1' }, { path: 'C:\\Scripts\\thaw it.cmd' }]
    const windows = { guestId: 'windows2019srvNext_64Guest', guest: { users, programs } }
    const paths = { pre: 'C:\\Scripts\\freeze.ps1', post: 'C:\\Scripts\\thaw it.cmd' }
    const { world, vm, ran } = await backedUp(windows, paths)
    await using _world = world
    expect(vm).toMatchObject({ outcome: 'ok', warnings: [] })
    expect(ran.map((process) => process.path.split('\\').at(-1))).toEqual(['powershell.exe', 'cmd.exe'])
    expect(ran[1]!.arguments).toMatch(/^\/d \/s \/c ""C:\\Scripts\\thaw it\.cmd" post \S+ ok"$/)
  })
})

it('from the command line, by config, with the password in a file: the point shows them, nothing shows the password', async () => {
  await using world = await World.start({ seed: 'guest-cli', vms: [linux] })
  const { lab, folder } = world
  await writeFile(join(folder, 'guest-password'), `${password}\n`, { mode: 0o600 })
  const config = {
    vcenters: [
      { name: 'lab', host: lab.host, port: lab.port, username: lab.username, thumbprint: lab.thumbprintSha256 },
    ],
    repository: { path: join(folder, 'repository') },
    stateFolder: world.stateFolder,
    backup: {
      guestScripts: { pre: freeze, post: thaw, username: 'backup', passwordFile: join(folder, 'guest-password') },
    },
  }
  await writeFile(join(folder, 'config.yaml'), JSON.stringify(config), { mode: 0o600 })
  const env = { VMKEEP_VCENTER_PASSWORD: lab.password, VMKEEP_REPO_KEY: passphrase.reveal() }
  const run = (...args: string[]) => vmkeep(['--config', join(folder, 'config.yaml'), ...args], env)

  const backup = await run('backup', 'linux', '-o', 'json', '-v')
  expect(backup).toMatchObject({ exitCode: 0 })
  const { vms } = JSON.parse(backup.stdout) as RunReport
  const shown = await run('point', 'show', vms[0]!.point!)
  expect(shown.stdout).toMatch(/pre script: +\/usr\/local\/sbin\/freeze in the guest: ok/)
  expect(lab.vm('linux').guestProcesses).toHaveLength(2)
  const without = await run('backup', 'linux', '--no-scripts')
  expect(without).toMatchObject({ exitCode: 0 })
  expect(lab.vm('linux').guestProcesses).toHaveLength(2)
  const role = await run('doctor', '--role', 'list')
  expect(role.stdout).toContain(
    'VirtualMachine.GuestOperations.Execute\nVirtualMachine.GuestOperations.Modify\nVirtualMachine.GuestOperations.Query\n',
  )
  expect(JSON.stringify([backup, shown, without, role, await run('config', 'view', '-o', 'json')])).not.toContain(
    'Pa55',
  )
}, 60_000)
