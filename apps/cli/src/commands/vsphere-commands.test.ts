import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Secret, systemClock, systemRandom } from '@vmkeep/kit'
import { type Lab, startLab } from '@vmkeep/lab'
import { createRepository, openFolderStorage } from '@vmkeep/repository'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run as runWorld } from '../run.ts'
import { environmentOf, fakeWorld, type Ran, type Setting, vmkeep } from '../testing.ts'

// Against the lab: a make-believe vCenter with real bytes, over real TLS.

const MiB = 2 ** 20
let folder: string
let lab: Lab

const guestPrivileges = ['VirtualMachine.GuestOperations.Execute']

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vmkeep-lab-'))
  lab = await startLab({
    storageFolder: folder,
    vms: [
      {
        name: 'web-01',
        disks: [{ capacityBytes: 2 * MiB }, { capacityBytes: MiB, storagePolicy: 'two copies' }],
        cbt: true,
        host: 'esxi-1.lab',
        storagePolicy: 'gold',
      },
      {
        name: 'db',
        folder: 'Prod',
        disks: [{ capacityBytes: MiB }, { capacityBytes: MiB, mode: 'independent_persistent' }],
      },
      { name: 'db', folder: 'Test', disks: [{ capacityBytes: MiB }] },
      { name: 'golden', template: true, power: 'off', disks: [{ capacityBytes: MiB }] },
    ],
    storagePolicies: ['silver'],
    users: [
      { name: 'weak', password: 'weak-password', without: ['VirtualMachine.State.CreateSnapshot'] },
      { name: 'partial', password: 'p', withoutOn: { 'web-01': ['VirtualMachine.State.RemoveSnapshot'] } },
      { name: 'elsewhere', password: 'p', withoutOn: { db: guestPrivileges, Datacenters: guestPrivileges } },
      { name: 'here', password: 'p', withoutOn: { 'web-01': guestPrivileges } },
    ],
  })
  await lab.vm('web-01').disk().writeGuest(0, Buffer.alloc(MiB, 'vmkeep'))
  const kdf = { memoryKiB: 64, passes: 1, parallelism: 1 }
  const storage = await openFolderStorage(join(folder, 'repo'), { create: true })
  const { repository } = await createRepository(storage, { passphrase: new Secret('open sesame'), kdf, workersMax: 1 })
  await repository[Symbol.asyncDispose]()
})

afterAll(async () => {
  await lab[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

const login = () => environmentOf(lab)
const repository = (): Record<string, string> => ({ VMKEEP_REPO: join(folder, 'repo'), VMKEEP_REPO_KEY: 'open sesame' })

function run(argv: readonly string[], { env = {}, ...setting }: Setting = {}): Promise<Ran> {
  const all = { VMKEEP_STATE_DIR: join(folder, 'state'), ...login(), ...env }
  return vmkeep(argv, { home: folder, clock: systemClock, random: systemRandom, env: all, ...setting })
}

describe('however many VMs are named and excluded, the inventory is listed once', () => {
  const listingsOf = async (argv: readonly string[]) => {
    const views = () => lab.stats.calls.get('CreateContainerView') ?? 0
    const before = views()
    const { code, stderr } = await run(argv)
    expect([0, 3], stderr).toContain(code) // 3: some disk can't be backed up
    return views() - before
  }

  it.each([
    ['vm list', ['web-01', 'golden', 'd*', '/*/vm/Prod/*', 'web-?1']],
    ['plan', ['web-01', 'd*', '--exclude', 'golden', '--exclude', 'g*', '--exclude', 'nothing']],
  ])('%s', async (command, selectors) => {
    const words = command.split(' ')
    const once = await listingsOf([...words, '*'])
    expect(once).toBeGreaterThan(0)
    expect(await listingsOf([...words, ...selectors])).toBe(once)
  })
})

describe('vm list and show', () => {
  it('list the VMs, without templates unless asked', async () => {
    const { code, stdout, stderr } = await run(['vm', 'list'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout.split('\n').map((line) => line.split(/ {2,}/)[0])).toEqual(['NAME', 'db', 'db', 'web-01', ''])
    expect((await run(['vm', 'list', '--templates'])).stdout).toMatch(/^golden +template/m)
  })

  it('give programs everything, sizes in bytes', async () => {
    const { stdout } = await run(['vm', 'list', 'web-*', '-o', 'json'])
    expect(JSON.parse(stdout)).toMatchObject([
      { name: 'web-01', inventoryPath: '/Lab/vm/web-01', provisionedBytes: 3 * MiB },
    ])
  })

  it('show disks and what stands in the way', async () => {
    const { code, stdout } = await run(['vm', 'show', '/Lab/vm/Prod/db'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/Hard disk 2 +scsi0:1 +1 MiB +no /)
    expect(stdout).toMatch(/Hard disk 2 is left out: .*independent/)
    expect(JSON.parse((await run(['vm', 'show', 'web-01', '-o', 'json'])).stdout)).toMatchObject({
      name: 'web-01',
      obstacles: [],
    })
  })

  it.each([
    [['vm', 'show', 'db'], 2, /\/Lab\/vm\/Prod\/db.*\/Lab\/vm\/Test\/db/],
    [['vm', 'show', 'web-1'], 5, /web-01/],
    [['vm', 'list', 'nothing-*'], 5, /nothing-\*/],
  ])('%j exits %d', async (argv, code, message) => {
    const ran = await run(argv)
    expect(ran.code).toBe(code)
    expect(ran.stderr).toMatch(message)
  })
})

describe('signing in', () => {
  it.each([
    [{ VMKEEP_VCENTER_PASSWORD: 'not-the-one' }, 4, /refuses the login/],
    [{ VMKEEP_VCENTER_THUMBPRINT: Array(32).fill('AB').join(':') }, 4, /another certificate/],
    [{ VMKEEP_VCENTER_THUMBPRINT: '' }, 4, /vmkeep vcenter trust 127\.0\.0\.1/],
    [{ VMKEEP_VCENTER_USERNAME: '' }, 2, /no username/],
    [{ VMKEEP_VCENTER_PASSWORD: '' }, 7, /VMKEEP_VCENTER_PASSWORD_FILE/],
    [{ VMKEEP_VCENTER_PORT: '1' }, 1, /cannot be reached/],
  ])('with %j exits %d', async (env, code, message) => {
    const ran = await run(['vm', 'list'], { env })
    expect(ran.stderr).toMatch(message)
    expect(ran.code).toBe(code)
    expect(ran.stderr).not.toContain('not-the-one')
  })

  it('asks for the password on a terminal', async () => {
    const { code, stderr } = await run(['vm', 'list'], {
      env: { VMKEEP_VCENTER_PASSWORD: '' },
      isTTY: true,
      answers: [`${lab.password}\r`],
    })
    expect(stderr).toBe(`Password of ${lab.username} on 127.0.0.1: \n`)
    expect(code).toBe(0)
  })
})

describe('vcenter trust', () => {
  const home = () => join(folder, 'trusting')
  const trust = (extra: readonly string[], setting: Setting = {}) =>
    run(['vcenter', 'trust', `127.0.0.1:${lab.port}`, ...extra], { home: home(), ...setting })
  const list = () => run(['vm', 'list'], { home: home(), env: { VMKEEP_VCENTER_THUMBPRINT: '' } })

  it('shows the certificate and accepts nothing without being told', async () => {
    const { code, stdout, stderr } = await trust([])
    expect(code).toBe(4)
    expect(stdout).toContain(`SHA-256: ${lab.thumbprintSha256}`)
    expect(stdout).toContain(`SHA-1:   ${lab.thumbprintSha1}`)
    expect(stderr).toContain(`--accept ${lab.thumbprintSha256}`)
    expect((await trust(['--accept', '00:11'])).stderr).toContain('nothing was stored')
    expect(await trust([], { isTTY: true, answers: ['n\r'] })).toMatchObject({ code: 1 })
    expect((await list()).code).toBe(4)
  })

  it('accepts on a terminal after showing it; then it is trusted', async () => {
    const { code, stderr } = await trust(['-q'], { isTTY: true, answers: ['y\r'] })
    expect(code).toBe(0)
    expect(stderr).toMatch(/subject: .*CN=vcenter\.lab[\s\S]*Trust this certificate\? \[y\/N\]/)
    expect((await list()).code).toBe(0)
    expect((await trust(['-o', 'json'])).stdout).toContain('"trusted": true')
  })

  it('shows old and new when the certificate has changed, and accepts the named one', async () => {
    const path = join(home(), '.config/vmkeep/trust.yaml')
    const old = Array(32).fill('AB').join(':')
    await writeFile(path, (await readFile(path, 'utf8')).replace(lab.thumbprintSha256, old))
    expect(await list()).toMatchObject({ code: 4, stderr: expect.stringContaining('another certificate') })
    const { code, stdout } = await trust([])
    expect(code).toBe(4)
    expect(stdout).toMatch(/THE CERTIFICATE HAS CHANGED/)
    expect(stdout).toContain(old)
    const bare = lab.thumbprintSha256.replaceAll(':', '').toLowerCase()
    expect((await trust(['--accept', bare])).code).toBe(0)
    expect((await list()).code).toBe(0)
  })
})

describe('plan and backup', () => {
  it('plan without a repository, and change nothing', async () => {
    const { code, stdout } = await run(['plan', 'web-01'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/web-01 +Hard disk 1 +2 MiB +full +this disk has no restore point yet/)
    expect(lab.stats.calls.get('CreateSnapshotEx_Task') ?? 0).toBe(0)
  })

  it('refuse to guess which VMs are meant', async () => {
    expect(await run(['backup'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('name the VMs, or give --all'),
    })
    expect((await run(['plan', 'x', '--all'])).code).toBe(2)
  })

  it('exit 3 when a disk or a VM is left out, and say which and why', async () => {
    const { code, stdout, stderr } = await run(['plan', '--all', '--exclude', 'web-*'])
    expect(code).toBe(3)
    expect(stdout).toMatch(/db +Hard disk 2 +1 MiB +skip +The disk is independent/)
    expect(stderr).toContain('1 VM left out: web-01 (excluded by name)')
  })

  it('back up, then only what changed; the points are listed', async () => {
    const first = await run(['backup', 'web-01', '-o', 'json'], { env: repository() })
    expect(first.code).toBe(0)
    const { vms } = JSON.parse(first.stdout) as { vms: { outcome: string; point: string; disks: { mode: string }[] }[] }
    expect(vms).toMatchObject([{ outcome: 'ok', disks: [{ mode: 'full' }, { mode: 'full' }] }])
    expect(first.stderr).toMatch(/web-01 Hard disk 1: read/)

    await lab.vm('web-01').disk().writeGuest(MiB, Buffer.from('changed'))
    const second = await run(['backup', 'web-01', '-q'], { env: repository() })
    expect(second).toMatchObject({ code: 0, stderr: '' })
    expect(second.stdout).toMatch(/web-01 +ok +[0-9a-f]{32} +incremental/)
    const listed = await run(['point', 'list', 'web-01', '-o', 'json'], { env: repository() })
    expect(JSON.parse(listed.stdout)).toMatchObject([{ id: vms[0]!.point, mode: 'full' }, { mode: 'incremental' }])
    expect(lab.stats.snapshotsAlive).toBe(0)
  })

  it('tell what failed, with its cause and code, and exit 3 if others went well', async () => {
    using _rule = lab.faults.add({
      on: 'CreateSnapshot*',
      object: 'db',
      then: { do: 'task-fault', type: 'FileLocked' },
    })
    const { code, stdout } = await run(['backup', 'web-01', '/Lab/vm/Test/db'], { env: repository() })
    expect(stdout).toMatch(/^db +failed/m)
    expect(stdout).toMatch(/^web-01 +ok/m)
    expect(stdout).toMatch(/db: failed: .*\((vsphere|backup)\.[a-z-]+\)/)
    expect(code).toBe(3)
  })
})

describe('doctor', () => {
  it('finds everything in order but what a lab cannot have', async () => {
    const { code, stdout } = await run(['doctor', '-o', 'json'], { env: repository() })
    const findings = JSON.parse(stdout) as { about: string; check: string; state: string; found: string }[]
    expect(findings.filter(({ state }) => state === 'fail')).toEqual([])
    expect(code).toBe(0)
    const checks = new Set(findings.filter(({ about }) => about.startsWith('vcenter')).map(({ check }) => check))
    expect([...checks]).toEqual([
      'port',
      'certificate',
      'sign-in',
      'version',
      'clock',
      'privileges',
      'privileges on VMs',
      'NFC port',
      'change tracking',
      'our snapshots',
    ])
  })

  it('names the missing privilege and exits 7', async () => {
    const env = { ...repository(), VMKEEP_VCENTER_USERNAME: 'weak', VMKEEP_VCENTER_PASSWORD: 'weak-password' }
    const { code, stdout } = await run(['doctor'], { env })
    expect(stdout).toMatch(
      /fail {2}privileges: missing to back up: VirtualMachine\.State\.CreateSnapshot\n +→ add them to the role of weak/,
    )
    expect(code).toBe(7)
  })

  it('names the VMs that a role does not reach', async () => {
    const env = { ...repository(), VMKEEP_VCENTER_USERNAME: 'partial', VMKEEP_VCENTER_PASSWORD: 'p' }
    const { stdout } = await run(['doctor'], { env })
    expect(stdout).toMatch(/warn {2}privileges on VMs: missing on web-01: VirtualMachine\.State\.RemoveSnapshot\n/)
  })

  it.each([
    ['elsewhere', /ok {4}scripts in guests: all to run scripts in guests, on 1 VM\n/, 0],
    ['here', /fail {2}scripts in guests: missing on web-01: VirtualMachine\.GuestOperations\.Execute\n/, 7],
  ])(
    'asks for what scripts in guests need in the VMs of their policies alone: missing %s',
    async (user, found, exit) => {
      const scripts = { pre: '/x', username: 'backup', passwordEnv: 'GUEST' }
      const policies = [
        { name: 'web', select: 'name=web-*', guestScripts: scripts },
        { name: 'rest', select: 'name=*' },
      ]
      await writeFile(join(folder, 'scripts.yaml'), JSON.stringify({ policies }))
      const account = { VMKEEP_VCENTER_USERNAME: user, VMKEEP_VCENTER_PASSWORD: 'p', GUEST: 'g' }
      const env = { ...repository(), ...account, VMKEEP_CONFIG: join(folder, 'scripts.yaml') }
      const { stdout, code } = await run(['doctor'], { env })
      expect(stdout).toMatch(found)
      expect(stdout).not.toMatch(/scripts in guests: .*db/)
      expect(code).toBe(exit)
    },
  )

  it('prints the smallest role, for what the config does or what is asked, and looks at nothing', async () => {
    const { stdout, code } = await run(['doctor', '--role', 'list', '--for', 'backup'])
    expect(stdout.trim().split('\n')).toEqual([
      'VirtualMachine.Config.ChangeTracking',
      'VirtualMachine.Config.DiskLease',
      'VirtualMachine.Provisioning.DiskRandomRead',
      'VirtualMachine.Provisioning.GetVmFiles',
      'VirtualMachine.State.CreateSnapshot',
      'VirtualMachine.State.RemoveSnapshot',
    ])
    expect(code).toBe(0)
    const powercli = (await run(['doctor', '--role', 'powercli'])).stdout
    expect(powercli).toMatch(/New-VIRole -Name 'vmkeep' -Privilege \(Get-VIPrivilege -Id \$ids\)/)
    expect(powercli).toContain("'VirtualMachine.Inventory.Create'")
    expect((await run(['doctor', '--for', 'backup'])).code).toBe(2)
  })

  it('tells what a killed backup has left, and --fix removes it', async () => {
    const env = {
      ...login(),
      ...repository(),
      PATH: process.env['PATH'],
      HOME: folder,
      VMKEEP_STATE_DIR: join(folder, 'state'),
    }
    const main = join(import.meta.dirname, '../main.ts')
    const child = spawn(process.execPath, [main, 'backup', 'web-01'], {
      env: { ...env, VMKEEP_CRASH_AT: 'backup.before-commit' },
      stdio: 'ignore',
    })
    expect(await new Promise((resolve) => child.on('close', (_, signal) => resolve(signal)))).toBe('SIGKILL')
    expect(lab.stats.snapshotsAlive).toBe(1)
    const told = await run(['doctor'], { env: repository() })
    expect(told.stdout).toMatch(/warn {2}journals: an interrupted run may have left 1 thing in vSphere, on web-01/)
    expect(told.stdout).toMatch(/warn {2}our snapshots: on web-01/)
    const fixed = await run(['doctor', '--fix'], { env: repository() })
    expect(fixed.stdout).toMatch(/ok {4}journals: no interrupted run/)
    expect(lab.stats.snapshotsAlive).toBe(0)
  })

  it('tells a changed certificate and stops there', async () => {
    const { code, stdout } = await run(['doctor'], {
      env: { ...repository(), VMKEEP_VCENTER_THUMBPRINT: Array(20).fill('AB').join(':') },
    })
    expect(stdout).toMatch(/fail {2}certificate: it has SHA-256/)
    expect(stdout).not.toContain('sign-in')
    expect(code).toBe(7)
  })
})

describe('restore', () => {
  const files = (target: string, ...more: string[]) =>
    run(['restore', 'web-01', '--to-files', join(folder, target), ...more], { env: repository() })
  const contentNow = async () => {
    const bytes = new Uint8Array(2 * MiB)
    await lab.vm('web-01').disk().readGuest(0, bytes)
    return Buffer.from(bytes)
  }

  it('writes the newest point as files, without a vCenter, and never over anything', async () => {
    const { code, stdout } = await files('raw', '--format', 'raw')
    expect(code).toBe(0)
    expect(stdout).toMatch(/Hard disk 1 +2 MiB +.* yes, same +.*web-01-scsi0-0\.raw/)
    expect(await readFile(join(folder, 'raw/web-01-scsi0-0.raw'))).toEqual(await contentNow())
    expect((await files('raw', '--format', 'raw')).code).toBe(6)
  })

  it('restores one disk of a named point', async () => {
    const listed = await run(['point', 'list', 'web-01', '-o', 'json'], { env: repository() })
    const [first] = JSON.parse(listed.stdout) as { id: string }[]
    const argv = [
      'restore',
      '--point',
      first!.id,
      '--disk',
      'Hard disk 1',
      '--to-files',
      join(folder, 'old'),
      '--format',
      'raw',
      '-o',
      'json',
    ]
    const { code, stdout } = await run(argv, { env: repository() })
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ point: first!.id, disks: [{ label: 'Hard disk 1', verified: true }] })
    const bytes = await readFile(join(folder, 'old/web-01-scsi0-0.raw'))
    expect(bytes.subarray(0, MiB)).toEqual(Buffer.alloc(MiB, 'vmkeep'))
    expect(bytes.subarray(MiB)).toEqual(Buffer.alloc(MiB))
  })

  it('shows what it would make, and makes nothing', async () => {
    const { code, stdout } = await run(['restore', 'web-01', '--to-vsphere', '--dry-run'], { env: repository() })
    expect(code).toBe(0)
    expect(stdout).toMatch(/new VM: +\/Lab\/vm\/web-01-restored-\d{4}/)
    expect(lab.state().vms.filter(({ name }) => name.startsWith('web-01'))).toHaveLength(1)
  })

  it('shows the storage policies of a point, and those that a new VM would get', async () => {
    const env = repository()
    const listed = await run(['point', 'list', 'web-01', '-o', 'json'], { env })
    const [first] = JSON.parse(listed.stdout) as { id: string }[]
    const { stdout } = await run(['point', 'show', first!.id], { env })
    expect(stdout).toMatch(/storage policy: +gold\n/)
    expect(stdout).toMatch(/Hard disk 2 +scsi0:1 .* two copies /)
    const plan = (...argv: string[]) => run(['restore', 'web-01', '--to-vsphere', '--dry-run', ...argv], { env })
    const mapped = (await plan('--storage-policy', 'gold=silver')).stdout
    expect(mapped).toMatch(/storage policy: +silver\n/)
    expect(mapped).toMatch(/POLICY\n.*Hard disk 1 .* -\n.*Hard disk 2 .* two copies\n/)
    const asData = JSON.parse((await plan('-o', 'json')).stdout) as object
    expect(asData).toMatchObject({ storagePolicy: 'gold', disks: [{}, { storagePolicy: 'two copies' }] })
    expect((await plan('--storage-policies', 'none')).stdout).not.toMatch(/polic/i)
    const wrong = await plan('--storage-policy', 'gold=iron')
    expect(wrong.code).toBe(5)
    expect(wrong.stderr).toContain('no storage policy iron; it has gold, silver, two copies')
  })

  it('takes the VM itself back, after a look at what differs', async () => {
    const kept = await contentNow()
    await lab.vm('web-01').disk().writeGuest(MiB, Buffer.alloc(MiB, 'a mistake'))
    await lab.vm('web-01').power('off')
    const tried = await run(['restore', 'web-01', '--in-place', '--dry-run', '-o', 'json'], { env: repository() })
    expect(JSON.parse(tried.stdout)).toMatchObject({
      vm: 'web-01',
      disks: [{ writtenBytes: MiB }, { writtenBytes: 0 }],
    })
    expect(await contentNow()).not.toEqual(kept)
    const argv = ['restore', 'web-01', '--in-place', '--confirm', 'web-01', '--power-on']
    const { code, stdout, stderr } = await run(argv, { env: repository() })
    expect(stderr).toMatch(/everything that web-01 has written since .* will be lost/)
    expect(stdout).toMatch(/web-01: 2 disks restored to \/Lab\/vm\/web-01 /)
    expect(code).toBe(0)
    expect(await contentNow()).toEqual(kept)
    expect(lab.vm('web-01').powerState).toBe('on')
  })

  it('makes a new VM with the same bytes', async () => {
    const { code, stdout } = await run(['restore', 'web-01', '--to-vsphere', '--name', 'web-02'], { env: repository() })
    expect(stdout).toContain('web-02: 2 disks restored to /Lab/vm/web-02')
    expect(code).toBe(0)
    const bytes = new Uint8Array(2 * MiB)
    await lab.vm('web-02').disk().readGuest(0, bytes)
    expect(Buffer.from(bytes)).toEqual(await contentNow())
    expect((await run(['restore', 'web-01', '--to-vsphere', '--name', 'web-02'], { env: repository() })).code).toBe(6)
  })

  it.each([
    [['restore', 'web-01'], 2, /--to-files FOLDER, --to-vsphere, --in-place or --attach-to VM, one of them/],
    [['restore', 'web-01', '--in-place', '--to-vsphere'], 2, /one of them/],
    [['restore', 'web-01', '--in-place', '--name', 'y', '--power-on'], 2, /--name is for --to-vsphere/],
    [['restore', 'web-01', '--to-vsphere', '--power-off'], 2, /--power-off is for --in-place/],
    [['restore', 'web-01', '--in-place'], 2, /add --confirm web-01/],
    [
      ['restore', 'web-01', '--in-place', '--confirm', 'web-02', '--power-off'],
      1,
      /"web-02" is not "web-01"; nothing was changed/,
    ],
    [['restore', 'web-01', '--in-place', '--confirm', 'web-01'], 7, /is running; shut it down, or let --power-off/],
    [['restore', '--to-files', '/tmp/x'], 2, /name the VM, or a restore point/],
    [
      ['restore', 'web-01', '--to-files', '/tmp/x', '--name', 'y', '--power-on'],
      2,
      /--name, --power-on is for --to-vsphere/,
    ],
    [['restore', 'nobody', '--to-files', '/tmp/x'], 5, /no restore point of "nobody"/],
    [['restore', 'web-01', '--to-vsphere', '--datastore', 'moon'], 5, /moon/],
    [['restore', 'web-01', '--to-files', '/tmp/x', '--disk', 'Hard disk 9'], 5, /has no disk "Hard disk 9"/],
  ])('%j exits %d', async (argv, code, message) => {
    const ran = await run(argv, { env: repository() })
    expect(ran.stderr).toMatch(message)
    expect(ran.code).toBe(code)
  })
})

describe('lab', () => {
  const started = (argv: readonly string[]) => {
    const world = fakeWorld(['lab', ...argv], { home: folder, clock: systemClock, random: systemRandom })
    return { world, ended: runWorld(world) }
  }

  it('starts, tells how to connect, writes a config that works, and ends with Ctrl-C', async () => {
    const config = join(folder, 'lab.yaml')
    const { world, ended } = started(['--vms', '3', '--mode', 'esxi', '--write-config', config])
    await expect.poll(() => world.stderr.written, { interval: 5, timeout: 10_000 }).toContain('Ctrl-C ends it.')
    expect(world.stdout.written).toMatch(/make-believe ESXi host listens on https:\/\/127\.0\.0\.1:\d+\/sdk/)
    const { code, stdout } = await vmkeep(['vm', 'list', '--config', config], {
      home: folder,
      clock: systemClock,
      random: systemRandom,
    })
    expect(code).toBe(0)
    expect(stdout.trimEnd().split('\n')).toHaveLength(4)
    world.signals.emit('SIGINT')
    expect(await ended).toBe(0)
  })

  it.each([
    [['--vm', '=x'], /it has no name/],
    [['--fault', 'nonsense'], /METHOD,then=ACTION/],
    [['--vms', 'many'], /a whole number/],
  ])('%j is a usage error', async (argv, message) => {
    const { world, ended } = started(argv)
    expect(await ended).toBe(2)
    expect(world.stderr.written).toMatch(message)
  })
})

describe('vm cbt', () => {
  it('tells where tracking stands, disk by disk', async () => {
    const { code, stdout } = await run(['vm', 'cbt', 'status', 'web-01'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/change tracking: on/)
    expect(stdout).toMatch(/Hard disk 1\s+scsi0:0\s+yes\s+\S.*\/\d+/)
  })

  it('needs a verb, and says which there are', async () => {
    const { code, stderr } = await run(['vm', 'cbt'])
    expect(code).toBe(2)
    expect(stderr).toContain('"vm cbt" needs a verb: status, enable, disable, reset, audit')
    expect((await run(['vm', 'cbt', 'rest', 'web-01'])).stderr).toContain('Did you mean reset?')
    expect((await run(['help', 'vm', 'cbt'])).stdout).toContain('vm cbt audit')
  })

  it('compares what is called unchanged with the last restore point', async () => {
    await run(['backup', 'web-01'], { env: repository() })
    const { code, stdout } = await run(['vm', 'cbt', 'audit', 'web-01'], { env: repository() })
    expect(code).toBe(0)
    expect(stdout).toMatch(/Hard disk 1 +2 MiB +0 B/)
    expect(stdout).toContain('web-01: nothing differs from point')
  })
})
