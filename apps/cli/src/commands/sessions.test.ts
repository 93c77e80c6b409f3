import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Secret, systemClock, systemRandom } from '@vmkeep/kit'
import { type Lab, parseFaultRule, startLab } from '@vmkeep/lab'
import { createRepository, openFolderStorage } from '@vmkeep/repository'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { catalogue } from '../catalogue.ts'
import { run } from '../run.ts'
import { environmentOf, fakeWorld } from '../testing.ts'

// A server has one session of ours at any instant, and none afterwards: whatever the command, and however it ends.

const MiB = 2 ** 20
const disks = [{ capacityBytes: 4 * MiB }]
let folder: string
let lab: Lab
let esxi: Lab
/** A restore point that has tags. */
let tagged: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vmkeep-sessions-'))
  const vms = [
    { name: 'web', disks, tags: ['env:prod', 'tier:1'] },
    { name: 'db', disks },
  ]
  lab = await startLab({ seed: 'sessions', storageFolder: folder, vms })
  esxi = await startLab({
    seed: 'sessions of a host',
    mode: 'esxi',
    storageFolder: folder,
    vms: [{ name: 'mail', disks }],
  })
  const kdf = { memoryKiB: 64, passes: 1, parallelism: 1 }
  const storage = await openFolderStorage(join(folder, 'repo'), { create: true })
  const { repository } = await createRepository(storage, { passphrase: new Secret('open sesame'), kdf, workersMax: 1 })
  await repository[Symbol.asyncDispose]()
  await writeFile(join(folder, 'config.yaml'), 'policies: [{ name: gold, select: tag=env:prod }]\n')
  await lab.vm('web').disk().writeGuest(0, Buffer.alloc(MiB, 'web'))
  const { stdout } = await command(['backup', 'web', '-o', 'json'])
  tagged = (JSON.parse(stdout) as { vms: { point: string }[] }).vms[0]!.point
})

afterEach(() => {
  for (const server of [lab, esxi]) {
    server.faults.clear()
    expect(server.stats).toMatchObject({ sessionsOpen: 0, snapshotsAlive: 0, tasksRunning: 0, mistakes: [] })
    expect(server.busiest.sessions).toBeLessThanOrEqual(1)
  }
})

afterAll(async () => {
  for (const server of [lab, esxi]) await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

interface On {
  readonly server?: Lab
  readonly password?: string
  /** Presses Ctrl-C as soon as a rule has struck. */
  readonly interrupted?: boolean
}

/** A command, and what of logins it took. */
async function command(argv: readonly string[], { server = lab, password = server.password, interrupted }: On = {}) {
  const before = server.stats
  const env = {
    VMKEEP_CONFIG: join(folder, 'config.yaml'),
    VMKEEP_STATE_DIR: join(folder, 'state'),
    VMKEEP_REPO: join(folder, 'repo'),
    VMKEEP_REPO_KEY: 'open sesame',
    ...environmentOf(server),
    VMKEEP_VCENTER_PASSWORD: password,
  }
  const world = fakeWorld(argv, { home: folder, clock: systemClock, random: systemRandom, env })
  const running = run(world, catalogue)
  if (interrupted === true) {
    await vi.waitFor(() => expect(server.faults.rules[0]!.struck).toBe(1), { timeout: 20_000, interval: 20 })
    world.signals.emit('SIGINT')
  }
  const code = await running
  const { logins, loginsRefused } = server.stats
  return {
    code,
    stdout: world.stdout.written,
    stderr: world.stderr.written,
    logins: logins - before.logins,
    refused: loginsRefused - before.loginsRefused,
  }
}

/** A backup, its warnings by VM, and the tags its points have. */
async function backup(argv: readonly string[], on?: On) {
  const ran = await command(['backup', ...argv, '-o', 'json'], on)
  const { vms } = JSON.parse(ran.stdout) as {
    vms: { vm: string; outcome: string; point: string; warnings: { code: string; message: string }[] }[]
  }
  const tags: unknown[] = []
  for (const { point } of vms) {
    const shown = await command(['point', 'show', point, '-o', 'json'])
    tags.push((JSON.parse(shown.stdout) as { place: { tags?: unknown } }).place.tags)
  }
  return { ...ran, outcomes: vms.map(({ outcome }) => outcome), warnings: vms.flatMap((vm) => vm.warnings), tags }
}

const restore = (name: string, on?: On) => command(['restore', '--point', tagged, '--to-vsphere', '--name', name], on)

const struck = () => lab.faults.rules[0]!.struck
const add = (rule: string) => lab.faults.add(parseFaultRule(rule))
const tagsOfWeb = [
  { category: 'env', name: 'prod' },
  { category: 'tier', name: '1' },
]

it.each([
  [3, 'backup web'],
  [3, 'backup --policy gold'],
  [3, 'backup --all'],
  [3, 'plan --selector tag=prod'],
  [3, 'vm explain'],
  [1, 'plan web'],
  [1, 'vm list'],
  [1, 'vm show web'],
  [3, 'restore web --to-vsphere --name web-again'],
  [1, 'restore db --to-vsphere --name db-again'],
])('takes %d logins for %s', async (logins, line) => {
  const ran = await command(line.split(' '))
  expect(ran.stderr).not.toMatch(/error|could not/)
  expect(ran).toMatchObject({ code: 0, logins })
})

it('gives a point its tags, whoever read them', async () => {
  expect(await backup(['web'])).toMatchObject({ code: 0, warnings: [], tags: [tagsOfWeb] })
  expect(await backup(['--selector', 'name=web and tag=tier:1'])).toMatchObject({ warnings: [], tags: [tagsOfWeb] })
  expect(await backup(['db'])).toMatchObject({ warnings: [], tags: [undefined] })
})

it('asks a host without vCenter for no tags, and misses none', async () => {
  expect(await backup(['mail'], { server: esxi })).toMatchObject({
    code: 0,
    logins: 1,
    warnings: [],
    tags: [undefined],
  })
})

it('speaks /rest where there is no /api', async () => {
  add('automation.login,object=/api/session,then=http-error:404')
  expect(await backup(['web'])).toMatchObject({ code: 0, logins: 3, warnings: [], tags: [tagsOfWeb] })
  expect(struck()).toBe(1)
})

describe('a password that is', () => {
  it.each(['backup web', 'backup --policy gold', 'vm explain', 'plan --all'])(
    'wrong is tried once by %s',
    async (line) => {
      const ran = await command(line.split(' '), { password: 'wrong' })
      expect(ran).toMatchObject({ code: 4, logins: 0, refused: 1 })
    },
  )

  it('refused by the REST API alone is tried there once, and backs up without tags', async () => {
    add('automation.login,then=http-error:401')
    const ran = await backup(['web'])
    expect(ran).toMatchObject({ code: 0, outcomes: ['ok'], logins: 2, tags: [undefined] })
    expect(ran.warnings).toMatchObject([{ code: 'tags-not-saved' }])
    expect(ran.warnings[0]!.message).toMatch(/accepts .*, but its REST API, .*, refuses the login/)
    expect(struck()).toBe(1)
  })

  it('refused there chooses nothing by tags, and says so', async () => {
    add('automation.login,then=http-error:401')
    const ran = await command(['backup', '--policy', 'gold'])
    expect(ran.stderr).toMatch(/asks for tags, but they could not be read, .* its REST API, .* refuses the login/)
    expect(ran).toMatchObject({ code: 7, logins: 2 })
    expect(struck()).toBe(1)
    expect((await command(['plan', '--selector', 'name=web'])).code).toBe(0)
  })

  it('refused there gives no tags back, and says which', async () => {
    add('automation.login,then=http-error:401')
    const ran = await restore('web-untagged')
    expect(ran.stdout).toMatch(/its tags \(env:prod, tier:1\) could not be given back/)
    expect(ran).toMatchObject({ code: 0, logins: 2 })
    expect(struck()).toBe(1)
  })
})

describe('a visit that', () => {
  it.each([
    ['is refused halfway', 'automation.call,after=2,then=http-error:403', /HTTP 403/],
    ['loses its session', 'automation.call,after=1,then=expire-session', /HTTP 401/],
    ['finds no API', 'automation.login,then=http-error:404', /no REST API/],
  ])('%s is a warning, and its session is gone', async (_, rule, why) => {
    add(rule)
    const ran = await backup(['web'])
    expect(ran).toMatchObject({ code: 0, outcomes: ['ok'], tags: [undefined] })
    expect(ran.warnings).toMatchObject([{ code: 'tags-not-saved', message: expect.stringMatching(why) as string }])
  })

  it.each([
    ['is cut off', 'automation.call,after=1,times=1,then=disconnect'],
    ['is not heard when it comes', 'Logout,times=1,then=disconnect'],
    ['is not heard when it goes', 'automation.logout,times=1,then=disconnect'],
    ['meets an overloaded server', 'automation.call,times=1,then=http-error:503'],
  ])('%s tries again', async (_, rule) => {
    add(rule)
    expect(await backup(['web'])).toMatchObject({ warnings: [], tags: [tagsOfWeb] })
    expect(struck()).toBe(1)
  })

  it.each(['automation.login,times=1,then=delay:200', 'automation.call,after=1,times=1,then=delay:60000'])(
    'is called off at %s leaves no session',
    async (rule) => {
      for (const line of ['backup web', 'vm explain']) {
        add(rule)
        expect((await command(line.split(' '), { interrupted: true })).code).toBe(130)
        lab.faults.clear()
      }
    },
  )
})

describe('a restore that', () => {
  const names = () => lab.state().vms.map(({ name }) => name)

  it.each([
    ['before it gives tags back', 1, 'nfc.open-file,object=*web-broken*,then=error:1'],
    ['after it gave tags back', 3, 'ReconfigVM_Task,object=web-broken,after=1,then=task-fault:InvalidState'],
  ])('fails %s leaves no session and no VM', async (_, logins, rule) => {
    add(rule)
    expect(await restore('web-broken')).toMatchObject({ code: 1, logins })
    expect(struck()).toBeGreaterThan(0)
    expect(names()).not.toContain('web-broken')
  })

  it('is called off while it gives tags back leaves no session and no VM', async () => {
    add('automation.call,object=attach,then=delay:60000')
    expect((await restore('web-broken', { interrupted: true })).code).toBe(130)
    expect(names()).not.toContain('web-broken')
  })

  it('may not attach tags says so, and is done', async () => {
    add('automation.call,object=attach,then=http-error:403')
    const ran = await restore('web-without')
    expect(ran.stdout).toMatch(/its tag "prod" of category "env" could not be given back: .*HTTP 403/)
    expect(ran.code).toBe(0)
  })
})
