import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Secret, systemClock, systemRandom } from '@vmkeep/kit'
import { type Lab, parseFaultRule, startLab } from '@vmkeep/lab'
import { createRepository, openFolderStorage } from '@vmkeep/repository'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Ran, vmkeep } from '../testing.ts'

// Two servers in one config: a vCenter and an ESXi host by itself, each a lab of its own.

const MiB = 2 ** 20
let folder: string
let north: Lab
let south: Lab

const disks = [{ capacityBytes: MiB }]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vmkeep-servers-'))
  north = await startLab({
    seed: 'north',
    storageFolder: folder,
    taskDurationMs: 20,
    vms: ['web', 'db', 'same'].map((name) => ({ name, disks })),
  })
  south = await startLab({
    seed: 'south',
    mode: 'esxi',
    storageFolder: folder,
    taskDurationMs: 20,
    vms: ['mail', 'files', 'same'].map((name) => ({ name, disks })),
  })
  const kdf = { memoryKiB: 64, passes: 1, parallelism: 1 }
  const storage = await openFolderStorage(join(folder, 'repo'), { create: true })
  const { repository } = await createRepository(storage, { passphrase: new Secret('open sesame'), kdf, workersMax: 1 })
  await repository[Symbol.asyncDispose]()
})

afterEach(() => {
  for (const lab of [north, south]) {
    lab.faults.clear()
    expect(lab.stats).toMatchObject({ sessionsOpen: 0, snapshotsAlive: 0, tasksRunning: 0, mistakes: [] })
  }
})

afterAll(async () => {
  for (const lab of [north, south]) await lab[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

interface Report {
  readonly outcome: string
  readonly servers: readonly { readonly server: string; readonly outcome: string; readonly error?: { code: string } }[]
  readonly vms: readonly { readonly vm: string; readonly server: string; readonly outcome: string; point?: string }[]
  readonly notFound: readonly string[]
}

const entry = (name: string, { host, port, username, thumbprintSha256 }: Lab, password: string) => `  - name: ${name}
    host: ${host}
    port: ${port}
    username: ${username}
    passwordEnv: ${password}
    thumbprint: ${thumbprintSha256}
`

async function run(argv: readonly string[], { password = south.password } = {}): Promise<Ran> {
  const config = join(folder, 'config.yaml')
  const servers = entry('north', north, 'NORTH') + entry('south', south, 'SOUTH')
  const limits = `limits: { vms: 3, tasksPerVcenter: 1 }
policies:
  - { name: mine, vcenters: [north], select: name=web }
  - { name: gold, select: 'name=* and not name=web' }
  - { name: hosts, select: 'vcenter=south' }
`
  await writeFile(config, `vcenters:\n${servers}${limits}`)
  const env = {
    VMKEEP_CONFIG: config,
    VMKEEP_STATE_DIR: join(folder, 'state'),
    VMKEEP_REPO: join(folder, 'repo'),
    VMKEEP_REPO_KEY: 'open sesame',
    NORTH: north.password,
    SOUTH: password,
  }
  return vmkeep(argv, { home: folder, clock: systemClock, random: systemRandom, env })
}

async function backup(argv: readonly string[], options: { readonly password?: string } = {}) {
  const ran = await run(['backup', ...argv, '-o', 'json'], options)
  const report = JSON.parse(ran.stdout === '' ? '{}' : ran.stdout) as Report
  const protectedVms = () => report.vms.flatMap(({ server, vm, point }) => (point ? [`${server}/${vm}`] : []))
  return { ...ran, report, protectedVms }
}

describe('one backup of several servers', () => {
  it('takes a policy’s VMs of all of them, each with one session and limits of its own, into one report', async () => {
    const { code, report, protectedVms } = await backup(['--policy', 'gold'])
    expect(protectedVms().toSorted()).toEqual(['north/db', 'north/same', 'south/files', 'south/mail', 'south/same'])
    expect(report).toMatchObject({ outcome: 'ok', notFound: [] })
    expect(report.servers.map(({ server, outcome }) => [server, outcome])).toEqual([
      ['north', 'ok'],
      ['south', 'ok'],
    ])
    expect(code).toBe(0)
    expect([north.busiest.sessions, south.busiest.sessions]).toEqual([1, 1])
    expect([north.busiest.tasks, south.busiest.tasks]).toEqual([1, 1])
  })

  it('finds named VMs wherever they are, and patterns everywhere', async () => {
    expect((await backup(['web', 'mail'])).protectedVms().toSorted()).toEqual(['north/web', 'south/mail'])
    expect((await backup(['s*e'])).protectedVms().toSorted()).toEqual(['north/same', 'south/same'])
  })

  it.each([
    ['a name that two of them have', 'same', 2, / is on north and south; say which with --vcenter/],
    ['a name that none has', 'nobody', 5, /none of north, south has a VM /],
  ])('refuses %s', async (_, name, code, message) => {
    const ran = await backup([name])
    expect(ran.stderr).toMatch(message)
    expect(ran.code).toBe(code)
  })

  it('is planned the same way', async () => {
    const { code, stdout } = await run(['plan', '--policy', 'gold'])
    expect(code).toBe(0)
    for (const vm of ['north/db', 'south/mail']) expect(stdout).toMatch(new RegExp(`^${vm} +Hard disk 1`, 'm'))
    const partly = await run(['plan', 'web', 'mail'], { password: 'wrong' })
    expect(partly.stdout).toMatch(/^north\/web /m)
    expect(partly.stderr).toMatch(/nothing on south can be planned: /)
    expect(partly.code).toBe(3)
  })

  it('is of one server alone with --vcenter', async () => {
    const { code, report } = await backup(['same', '--vcenter', 'south'])
    expect(code).toBe(0)
    expect(report.vms).toMatchObject([{ vm: 'same', outcome: 'ok' }])
  })
})

describe('a policy that names its servers', () => {
  it('is run on them alone: others are not even asked, and may be away', async () => {
    const { code, report } = await backup(['--policy', 'mine'], { password: 'wrong' })
    expect(report.vms).toMatchObject([{ vm: 'web', outcome: 'ok' }])
    expect(code).toBe(0)
    expect((await run(['plan', '--policy', 'mine'])).stdout).toMatch(/^web +Hard disk 1/m)
  })

  it('is refused for another one that is named', async () => {
    const ran = await run(['plan', '--policy', 'mine', '--vcenter', 'south'])
    expect(ran).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('for north only, and not for south') as string,
    })
  })

  it('is listed with them', async () =>
    expect((await run(['policy', 'list'])).stdout).toMatch(/^mine +name=web .*north/m))
})

describe('what is asked of every VM', () => {
  it('vm explain asks on all servers', async () => {
    const { code, stdout } = await run(['vm', 'explain', '-o', 'json'])
    const rows = JSON.parse(stdout) as { server: string; vm: string; policy: string; because: string }[]
    expect(rows.map(({ server, vm, policy }) => `${server}/${vm}: ${policy}`)).toEqual([
      'north/db: gold',
      'north/same: gold',
      'north/web: mine',
      'south/files: gold',
      'south/mail: gold',
      'south/same: gold',
    ])
    expect(code).toBe(0)
    expect((await run(['vm', 'explain', 'same', 'mail'])).stdout).toMatch(
      /^north\/same [^]*^south\/mail [^]*^south\/same /m,
    )
  })

  it('vm list lists on all servers, and finds names on any', async () => {
    expect((await run(['vm', 'list'])).stdout).toMatch(/^north\/web [^]*^south\/files /m)
    expect((await run(['vm', 'list', 'mail', '-o', 'json'])).stdout).toContain('"server": "south"')
    expect(await run(['vm', 'list', 'nobody'])).toMatchObject({ code: 5 })
  })

  it('says which server does not answer, and exits 3', async () => {
    for (const command of ['list', 'explain']) {
      const ran = await run(['vm', command, 'web'], { password: 'wrong' })
      expect(ran.stdout).toContain('north/web')
      expect(ran.stderr).toMatch(/the VMs of south are missing here: /)
      expect(ran.code).toBe(3)
    }
  })
})

describe('a server that fails', () => {
  it('fails its own VMs only when nobody can sign in there, and the exit code says partly', async () => {
    const { code, report, protectedVms } = await backup(['--all'], { password: 'wrong' })
    expect(protectedVms()).toHaveLength(3)
    expect(report.outcome).toBe('partial')
    expect(report.servers[1]).toMatchObject({
      server: 'south',
      outcome: 'failed',
      error: { code: 'vsphere.login-failed' },
    })
    expect(code).toBe(3)
    const { stdout } = await run(['backup', '--all'], { password: 'wrong' })
    expect(stdout).toMatch(/^south: none of its VMs is backed up: /m)
    expect(stdout).toMatch(/north\/web +ok/)
  })

  it('does not keep VMs from being found on others', async () => {
    const { code, report, protectedVms, stderr } = await backup(['web', 'mail'], { password: 'wrong' })
    expect(protectedVms()).toEqual(['north/web'])
    expect(report.notFound).toEqual(['mail'])
    expect(stderr).toMatch(/"mail" is on none of the servers that could be reached, and is not backed up \(south: /)
    expect(code).toBe(3)
  })

  it('in the midst of it fails its own VMs only', async () => {
    south.faults.add(parseFaultRule('CreateSnapshot*_Task,then=task-fault:InvalidState'))
    const { code, report } = await backup(['--all'])
    expect(report.vms.filter(({ outcome }) => outcome === 'ok').map(({ server }) => server)).toEqual(
      Array.from({ length: 3 }, () => 'north'),
    )
    expect(report.vms.filter(({ server }) => server === 'south').map(({ outcome }) => outcome)).toEqual(
      Array.from({ length: 3 }, () => 'failed'),
    )
    expect(code).toBe(3)
  })

  it('is the command’s own failure if there is no other', async () => {
    north.faults.add(parseFaultRule('Login,then=fault:InvalidLogin'))
    const { code, stderr } = await backup(['--all'], { password: 'wrong' })
    expect(code).toBe(4)
    expect(stderr).toMatch(/north|127\.0\.0\.1/)
  })
})
