import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fakeClock } from '@vmkeep/kit/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { vmkeep } from '../testing.ts'
import { chooseVcenter } from './choose-vcenter.ts'
import { closest } from './closest.ts'
import { effectiveValues } from './effective.ts'
import { loadConfig } from './load-config.ts'
import { findSecret } from './secrets.ts'
import { trust, trustedSha256 } from './trust-store.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vmkeep-config-'))
})
afterEach(() => rm(folder, { recursive: true }))

async function put(name: string, text: string, mode = 0o600): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, text)
  await chmod(path, mode)
  return path
}

interface Given {
  readonly env?: Record<string, string>
  readonly repo?: string
  readonly vcenter?: string
  readonly mode?: number
}

async function load(yaml: string, { env = {}, repo, vcenter, mode = 0o600 }: Given = {}) {
  const config = await put('config.yaml', yaml, mode)
  return loadConfig({ config, repo, vcenter, originOf: (flag) => `flag --${flag}` }, { env, home: folder })
}

const lab = 'vcenters:\n  - name: lab\n    host: vc.example.org\n    username: backup\n'

describe('the config', () => {
  it('fills in defaults', async () => {
    const { config } = await load(lab)
    expect(config.vcenters[0]).toMatchObject({ name: 'lab', port: 443 })
    expect(config.limits).toMatchObject({ vms: 4, memoryMiB: 512 })
    expect(config.backup).toMatchObject({ quiesce: 'prefer', transports: ['file', 'nbdssl'] })
  })

  it('may be empty or absent', async () => {
    expect((await load('')).config.vcenters).toEqual([])
    const { config, path } = await loadConfig({ originOf: () => '' }, { env: {}, home: folder })
    expect(path).toBeUndefined()
    expect(config.repository).toEqual({})
  })

  it("is found in the user's folder, XDG_CONFIG_HOME first", async () => {
    await mkdir(join(folder, '.config/vmkeep'), { recursive: true })
    await put('.config/vmkeep/config.yaml', 'repository: {path: /home}')
    const flags = { originOf: () => '' }
    expect((await loadConfig(flags, { env: {}, home: folder })).config.repository.path).toBe('/home')
    await mkdir(join(folder, 'xdg/vmkeep'), { recursive: true })
    await put('xdg/vmkeep/config.yaml', 'repository: {path: /xdg}')
    const env = { XDG_CONFIG_HOME: join(folder, 'xdg') }
    expect((await loadConfig(flags, { env, home: folder })).config.repository.path).toBe('/xdg')
  })

  it('takes flags over environment over file over default, and says where each value is from', async () => {
    const yaml = `${lab}repository:\n  path: /file\n  keyFile: /file.key\nlimits:\n  vms: 9\n`
    const env = {
      VMKEEP_REPO_KEY_COMMAND: 'pass show repo',
      VMKEEP_VCENTER_USERNAME: 'from-env',
      VMKEEP_STATE_DIR: '/state',
    }
    const loaded = await load(yaml, { env, repo: '/flag' })
    expect(loaded.config.repository).toEqual({ path: '/flag', keyCommand: 'pass show repo' })
    const origins = Object.fromEntries(effectiveValues(loaded).map(({ key, origin }) => [key, origin]))
    expect(origins).toMatchObject({
      'repository.path': 'flag --repo',
      'repository.keyCommand': 'environment VMKEEP_REPO_KEY_COMMAND',
      'vcenters.0.username': 'environment VMKEEP_VCENTER_USERNAME',
      'vcenters.0.host': `${loaded.path}:3:11`,
      'vcenters.0.port': 'default',
      'limits.vms': `${loaded.path}:9:8`,
      'limits.memoryMiB': 'default',
      stateFolder: 'environment VMKEEP_STATE_DIR',
    })
  })

  it('takes a whole vCenter from the environment', async () => {
    const env = { VMKEEP_VCENTER_HOST: 'esx1', VMKEEP_VCENTER_PORT: '8443', VMKEEP_VCENTER_USERNAME: 'root' }
    const { config, vcenter } = await load(lab, { env })
    expect(config.vcenters.map(({ name }) => name)).toEqual(['lab', 'esx1'])
    expect(vcenter).toBe('esx1') // nearer than the file: not one more to choose from
    expect((await load(lab, { env, vcenter: 'lab' })).vcenter).toBe('lab')
    expect((await load(lab)).vcenter).toBeUndefined()
    expect(config.vcenters[1]).toMatchObject({ host: 'esx1', port: 8443, username: 'root' })
    const named = await load(lab, { env: { VMKEEP_VCENTER_USERNAME: 'other' }, vcenter: 'lab' })
    expect(named.config.vcenters).toMatchObject([{ name: 'lab', username: 'other' }])
  })

  it('never sends a vCenter that a flag names to the host of another one in the environment', async () => {
    const env = { VMKEEP_VCENTER_HOST: 'esx1', VMKEEP_VCENTER_USERNAME: 'root' }
    const { config, vcenter } = await load(lab, { env, vcenter: 'lab' })
    const [own] = (await load(lab)).config.vcenters
    expect(chooseVcenter(config, vcenter)).toEqual(own)
    const same = await load(lab, { env: { ...env, VMKEEP_VCENTER_HOST: own!.host }, vcenter: 'lab' })
    expect(same.config.vcenters).toMatchObject([{ name: 'lab', host: own!.host, username: 'root' }])
  })

  it('replaces references to variables and files', async () => {
    await put('host', 'vc2.example.org\n', 0o644)
    const yaml = `vcenters: [{name: "\${env:SITE}-vc", host: "\${file:${folder}/host}", username: "a\${b}"}]`
    const { config } = await load(yaml, { env: { SITE: 'paris' } })
    expect(config.vcenters[0]).toMatchObject({ name: 'paris-vc', host: 'vc2.example.org', username: 'a${b}' })
    await expect(load(yaml)).rejects.toMatchObject({
      code: 'cli.config-invalid',
      message: expect.stringContaining('SITE is not set'),
    })
  })

  it.each([
    [
      'vcenters:\n  - name: x\n    hots: y\n',
      [':2:5: vcenters[0].host: it is missing', ':3:5: there is no "hots" in vcenters[0]; did you mean "host"?'],
    ],
    [
      'moon: 1\nlimits:\n  vms: many\n  vmz: 1\n',
      [':1:1: there is no "moon"', ':3:8: limits.vms: it must be', ':4:3: there is no "vmz" in limits'],
    ],
    ['limits: {vms: many}', [':1:15: limits.vms: it must be a number']],
    ['limits: {vms: 1.5}', [':1:15: limits.vms: it must be a whole number']],
    ['limits: {vms: 0}', [':1:15: limits.vms: it must be at least 1']],
    ['backup: {quiesce: maybe}', [':1:19: backup.quiesce: it must be one of off, prefer, require']],
    [
      'moon: 1',
      [
        ':1:1: there is no "moon" in the config; it can hold vcenters, repository, repositories, limits, index, backup, policies, restore, retention, stateFolder',
      ],
    ],
    [
      'vcenters: [{name: a, host: b, thumbprint: zz}]',
      ['vcenters[0].thumbprint: it must be a SHA-256 or SHA-1 in hex'],
    ],
    [
      'repository: {keyFile: a, keyEnv: b}',
      ['repository: give one of key, keyFile, keyEnv and keyCommand, not several'],
    ],
    ['retention: {keepDaily: seven}', ['retention.keepDaily: it must be a whole number from 0 on, or all']],
    [
      'backup: {guestScripts: {pre: /opt/$x, username: u}}',
      ['backup.guestScripts.pre: it must be an absolute path in the guest'],
    ],
    ['policies: [{name: a, select: all, guestScripts: {pre: /x}}]', ['policies[0].guestScripts.username: ']],
    [
      `${lab}policies: [{name: a, select: all, vcenters: [lab, lob]}, {name: a, select: all}]`,
      [
        ':5:51: policies[0].vcenters[1]: no vCenter or host is called "lob"; did you mean "lab"?',
        'policies[1].name: another one is called "a" already',
      ],
    ],
    ['backup: {memory: prefer, quiesce: require}', ['backup.memory: "memory: prefer" and "quiesce: require" exclude']],
    [
      'backup: {quiesce: application}\npolicies: [{name: a, select: all, memory: require}, {name: b, select: all}]',
      ['policies[0].memory: "memory: require" and "quiesce: application" exclude each other'],
    ],
    ['policies: [{name: a, select: all, vcenters: [x]}]', ['no vCenter or host is called "x"; the config has none']],
    ['- a list', ['it must be keys and values']],
    ['repository: 5', ['repository: it must be keys and values']],
    ['vcenters: [5]', ['vcenters[0]: it must be keys and values']],
  ])('%j is refused with place and cause', async (yaml, messages) => {
    const env = { VMKEEP_REPO_KEY: 'k', VMKEEP_VCENTER_USERNAME: 'u' }
    const error: unknown = await load(yaml, yaml.includes('keyEnv') ? {} : { env }).catch((each: unknown) => each)
    expect(error).toMatchObject({ code: 'cli.config-invalid' })
    for (const message of messages) expect((error as Error).message).toContain(message)
  })

  it('tells line and column of broken YAML', async () => {
    await expect(load('a: [1\nb: 2')).rejects.toMatchObject({
      code: 'cli.config-syntax',
      message: expect.stringMatching(/config\.yaml:2:1: /),
    })
  })

  it('must be there when it is named', async () => {
    const flags = { config: join(folder, 'none.yaml'), originOf: () => '' }
    await expect(loadConfig(flags, { env: {}, home: folder })).rejects.toMatchObject({ code: 'cli.config-missing' })
  })

  it("with a secret in clear must be its owner's alone", async () => {
    const yaml = `${lab}    password: hunter2\n`
    await expect(load(yaml, { mode: 0o640 })).rejects.toMatchObject({
      code: 'cli.config-exposes-secret',
      message: expect.stringContaining(`chmod 600 ${folder}/config.yaml`),
    })
    expect((await load(yaml)).config.vcenters[0]!.password!.reveal()).toBe('hunter2')
    const indirect = await load(`${lab}    password: "\${env:PW}"\n`, { env: { PW: 'x' }, mode: 0o644 })
    expect(indirect.config.vcenters[0]!.password!.reveal()).toBe('x')
  })

  it('chooses the named vCenter, or the only one', async () => {
    const { config } = await load(`${lab}  - {name: b, host: b}\n`)
    expect(chooseVcenter(config, 'b').host).toBe('b')
    expect(() => chooseVcenter(config, undefined)).toThrow('one of lab, b')
    expect(() => chooseVcenter(config, 'c')).toThrow('no vCenter named "c"; it has lab, b')
    expect(() => chooseVcenter({ ...config, vcenters: [] }, undefined)).toThrow('VMKEEP_VCENTER_HOST')
  })
})

describe('did you mean', () => {
  it.each([
    ['hots', 'host'],
    ['passwordfile', 'passwordFile'],
    ['ports', 'port'],
    ['zebra', undefined],
  ])('%s → %s', (word, meant) => expect(closest(word, ['host', 'port', 'passwordFile', 'name'])).toBe(meant))
})

describe('secrets', () => {
  const what = 'the password'
  const find = (ways: Parameters<typeof findSecret>[0], env = {}) =>
    findSecret(ways, { what, env }).then((secret) => secret?.reveal())

  it('come from a file, less its last newline', async () => {
    expect(await find({ file: await put('s', ' pass word \n') })).toBe(' pass word ')
  })

  it.each([0o640, 0o604, 0o666])('are refused from a file of mode %o, with the command that mends it', async (mode) => {
    const path = await put('s', 'x', mode)
    await expect(find({ file: path })).rejects.toMatchObject({
      code: 'cli.secret-file-exposed',
      message: expect.stringContaining(`chmod 600 ${path}`),
    })
  })

  it('come from the environment or a command', async () => {
    expect(await find({ env: 'PW' }, { PW: 'p' })).toBe('p')
    expect(await find({ command: 'printf "a b\\n"' })).toBe('a b')
    expect(await find({})).toBeUndefined()
  })

  it.each([
    [{ file: '/nonexistent/x' }, 'cli.secret-file-unreadable'],
    [{ env: 'UNSET' }, 'cli.secret-variable-unset'],
    [{ command: 'exit 3' }, 'cli.secret-command-failed'],
    [{ command: 'true' }, 'cli.secret-empty'],
  ])('%j fails with %s', async (ways, code) => {
    await expect(find(ways)).rejects.toMatchObject({ code, message: expect.stringContaining(what) })
  })

  it('a command that is waited for ends with the signal', async () => {
    const controller = new AbortController()
    const waiting = findSecret({ command: 'exec sleep 30' }, { what, env: {}, signal: controller.signal })
    controller.abort(new Error('Ctrl-C'))
    await expect(waiting).rejects.toThrow('Ctrl-C')
  })
})

describe('the trust store', () => {
  const sha256 = Array(32).fill('AB').join(':')

  it('keeps one certificate per host and port, readable by its owner only', async () => {
    const path = join(folder, 'new/trust.yaml')
    expect(await trustedSha256(path, 'vc', 443)).toBeUndefined()
    await trust(path, { host: 'vc', port: 443, sha256 }, fakeClock())
    await trust(path, { host: 'vc', port: 8443, sha256: sha256.replaceAll('AB', 'CD') }, fakeClock())
    expect(await trustedSha256(path, 'vc', 443)).toBe(sha256)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(await readFile(path, 'utf8')).toContain('acceptedAt: 2026-01-01T00:00:00.000Z')
  })

  it('says what is wrong with a damaged file, and does not overwrite it', async () => {
    const path = await put('trust.yaml', 'vc:443: {sha256: short}')
    await expect(trust(path, { host: 'a', port: 1, sha256 }, fakeClock())).rejects.toMatchObject({
      code: 'cli.trust-file-damaged',
    })
    expect(await readFile(path, 'utf8')).toBe('vc:443: {sha256: short}')
  })
})

describe('vmkeep config', () => {
  it('shows values and origins, never secrets', async () => {
    const config = await put('c.yaml', `${lab}    password: hunter2\n`)
    const { stdout, code } = await vmkeep(['config', 'view', '--effective', '--config', config])
    expect(code).toBe(0)
    expect(stdout).toMatch(/vcenters\.0\.password +\[secret\] +\S+c\.yaml:5:15/)
    const all = await Promise.all(
      ['table', 'json', 'yaml'].map((format) => vmkeep(['config', 'view', '-o', format, '--config', config])),
    )
    expect(all.map(({ stdout: text }) => text).join('')).not.toContain('hunter2')
  })

  it('validates', async () => {
    expect(await vmkeep(['config', 'validate', '--config', await put('c.yaml', lab)])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('is valid: 1 vCenter'),
    })
    expect(await vmkeep(['config', 'validate', '--config', await put('d.yaml', 'x: 1')])).toMatchObject({ code: 2 })
    const rules = await put('e.yaml', 'retention: {keepDaily: 7, timeZone: Mars/Olympus}')
    expect(await vmkeep(['config', 'validate', '--config', rules])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('retention.timeZone is "Mars/Olympus"') as string,
    })
  })
})
