import { cp, mkdtemp, readFile, readdir, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Secret, systemClock, systemRandom } from '@vmkeep/kit'
import { fakeClock } from '@vmkeep/kit/testing'
import { createRepository, openFolderStorage, type Plain, type Repository } from '@vmkeep/repository'
import type { VmPointAttributes } from '@vmkeep/run'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keepRecoveryCode } from '../keep-recovery-code.ts'
import { fakeWorld, vmkeep, type Setting } from '../testing.ts'

// Against a real repository in a folder, with a key that is cheap to try.

const cheapKdf = { memoryKiB: 64, passes: 1, parallelism: 1 }
let folder: string
let repo: string
let points: string[]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vmkeep-repo-'))
  repo = join(folder, 'repo')
  const storage = await openFolderStorage(repo, { create: true })
  const created = await createRepository(storage, {
    passphrase: new Secret('open sesame'),
    kdf: cheapKdf,
    workersMax: 1,
  })
  await using repository = created.repository
  points = []
  for (const [name, uuid] of [
    ['web-01', 'a'],
    ['web-01', 'a'],
    ['数据库', 'b'],
  ] as const) {
    await using session = await repository.beginSession()
    const image = await session.beginImage({ capacityBytes: 2 ** 20, unwritten: 'zero' })
    const lease = await image.lease(2 ** 18)
    lease.fill(points.length + 1)
    await image.write(0, lease)
    const attributes = {
      key: 2000,
      label: 'Hard disk 1',
      address: 'scsi0:0',
      mode: points.length === 0 ? 'full' : 'incremental',
    }
    const configXml = await session.putBlob(Buffer.from('<config/>'))
    const { id } = await session.commit({
      subject: { id: `${uuid.repeat(8)}-0000`, name, kind: 'vm' },
      images: [{ key: '2000', label: 'Hard disk 1', image: await image.finish(), attributes }],
      blobs: { 'config.xml': configXml },
      attributes: pointAttributes(configXml) as unknown as Record<string, Plain>,
      stats: {
        provisionedBytes: 2 ** 20,
        changedBytes: 2 ** 18,
        readBytes: 2 ** 18,
        sentBytes: 2 ** 18,
        storedBytes: 99,
      },
    })
    points.push(id)
  }
})
afterAll(() => rm(folder, { recursive: true }))

function pointAttributes(configXml: string): Partial<VmPointAttributes> {
  const cause = { code: 'physical-rdm', message: 'It is a raw device.' }
  const skipped = { key: 2001, label: 'Hard disk 2', address: 'scsi0:1', capacityBytes: 2 ** 30, cause }
  return {
    format: 1,
    inventoryPath: '/DC/vm/x',
    instanceUuid: 'a',
    powerState: 'poweredOn',
    consistency: 'crash',
    runId: 'r',
    place: {
      endpoint: 'vc',
      endpointId: 'e',
      customValues: {},
      datastores: ['ds'],
      networks: [{ ref: { type: 'Network', value: 'network-1' }, name: 'VM Network', kind: 'standard' }],
    },
    skippedDisks: points.length === 2 ? [skipped] : [],
    homeFiles: [],
    configXml,
    warnings: [],
  }
}

const run = (line: string, setting: Setting = {}) =>
  vmkeep([...line.split(' '), ...(line.includes('--repo ') ? [] : ['--repo', repo])], {
    env: { VMKEEP_REPO_KEY: 'open sesame' },
    home: folder,
    clock: systemClock, // as the folder's
    ...setting,
  })

describe('point list', () => {
  it('lists points as a table', async () => {
    const { code, stdout, stderr } = await run('point list')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const lines = stdout.trimEnd().split('\n')
    expect(lines).toHaveLength(4)
    expect(lines[0]).toMatch(
      /^POINT +VM +CREATED +AGE +DISKS +PROVISIONED +CHANGED +READ +STORED +MODE +CONSISTENCY +STATE$/,
    )
    expect(lines[1]).toMatch(new RegExp(`^${points[0]} +web-01 .* 1 +1 MiB +256 KiB +256 KiB +99 B +full +crash +ok$`))
    expect(lines[3]).toMatch(/数据库.* 1 of 2 .*incremental +crash +incomplete$/)
  })

  it('filters by VM and keeps the last of each', async () => {
    const ids = async (line: string) =>
      (JSON.parse((await run(`${line} -o json`)).stdout) as { id: string }[]).map(({ id }) => id)
    expect(await ids('point list web-*')).toEqual(points.slice(0, 2))
    expect(await ids('point list --last 1')).toEqual(points.slice(1))
    expect(await ids('point list nobody')).toEqual([])
    expect((await run('point list nobody')).stdout).toMatch(/no restore points of nobody/)
  })
})

describe('point show', () => {
  it('shows disks, and what is missing, as text and YAML', async () => {
    const { code, stdout } = await run(`point show ${points[2]!}`)
    expect(code).toBe(0)
    expect(stdout).toMatch(/Hard disk 2 +scsi0:1 +1 GiB +skipped +It is a raw device\./)
    expect((await run(`point show ${points[2]!} -o yaml`)).stdout).toContain('inventoryPath: /DC/vm/x')
  })

  it('does not know every id', async () => expect((await run('point show ffff')).code).toBe(5))
})

describe('retention preview', () => {
  const preview = async (line: string, rules: string) => {
    const path = join(folder, 'retention.yaml')
    await writeFile(path, `retention: ${rules}\n`)
    return run(`retention preview --config ${path}${line}`)
  }
  const rulesOnly = '{keepLast: 1, guards: {minAge: 0h}}'

  it('says of every point what would become of it, and why', async () => {
    const { code, stdout, stderr } = await preview('', rulesOnly)
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/^1 of 3 points go/) as string })
    const lineOf = (id: string) => stdout.split('\n').find((line) => line.startsWith(id))
    expect(lineOf(points[0]!)).toMatch(/ removed +removed: no rule keeps it$/)
    expect(lineOf(points[1]!)).toMatch(/ kept +kept: last 1 of 1.*; kept: newest good point of the VM/)
    expect(lineOf(points[2]!)).toMatch(/ kept /)
    expect(stdout).toContain('web-01: 2 restore points, 1 kept, 1 removed\nPOINT ')
    expect(stdout).toContain('数据库: 1 restore point, 1 kept\n')
  })

  it('keeps what is young, and everything where there is no rule', async () => {
    expect((await preview(' --removed', '{keepLast: 1}')).stdout).toContain('nothing to show')
    expect((await preview(' --removed', '{}')).stdout).toContain('nothing to show')
    expect((await run('retention preview')).stderr).toContain('cli.retention-missing')
  })

  it('shows what was asked for, and still counts all', async () => {
    const { stdout } = await preview(' web-* --removed -o json', rulesOnly)
    expect(JSON.parse(stdout)).toMatchObject([{ id: points[0]!, vm: 'web-01', action: 'remove' }])
  })

  it('shows exactly what apply then forgets, and undelete takes it back', async () => {
    const path = join(folder, 'apply.yaml')
    await writeFile(path, `retention: ${rulesOnly}\n`)
    const answer = async (line: string) =>
      JSON.parse((await run(`${line} --config ${path} -o json`)).stdout) as { id: string }[]
    const shown = await answer('retention preview --removed')
    expect(await answer('retention apply')).toEqual(shown)
    expect((await answer('point list')).map(({ id }) => id)).toEqual(points.slice(1))
    expect(await answer('retention apply')).toEqual([])
    expect(await run(`point undelete ${points[0]!}`)).toMatchObject({ code: 0 })
    expect((await answer('point list')).map(({ id }) => id)).toEqual(points)
  })

  it('keeps a point whose clocks disagree, warns of it, and takes the writer’s word where told to', async () => {
    const file = join(repo, 'points', points[0]!)
    const { atime, mtime } = await stat(file)
    await utimes(file, atime, new Date(mtime.getTime() - 3 * 86_400_000))
    const { stdout, stderr } = await preview('', rulesOnly)
    expect(stderr).toMatch(/^0 of 3 points go[^]*warning: 1 restore point is of a time that cannot be believed/)
    expect(stdout).toMatch(new RegExp(`${points[0]!} .* kept: the storage says it is of .*, its writer of `))
    expect((await run(`point show ${points[0]!}`)).stdout).toMatch(
      /by the storage's clock, 3 d apart: one clock is wrong/,
    )
    const trusting = '{keepLast: 1, clock: writer, guards: {minAge: 0h}}'
    expect((await preview(' --removed', trusting)).stdout).toContain(points[0]!)
    await utimes(file, atime, mtime)
  })

  it('names the place of a rule that makes no sense', async () => {
    expect(await preview('', '{keepDaily: -1}')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('keepDaily') as string,
    })
    const unknownZone = await preview('', '{timeZone: Mars/Olympus, keepLast: 1}')
    expect(unknownZone).toMatchObject({ code: 2, stderr: expect.stringContaining('retention.timeZone') as string })
  })
})

describe('a mark on a point', () => {
  const answer = async (line: string) => JSON.parse((await run(`${line} -o json`)).stdout) as unknown
  const refused = 'repository.point-protected'

  it('protects it from retention and from being forgotten, until it is lifted', async () => {
    const [point] = points as [string]
    const path = join(folder, 'marks.yaml')
    await writeFile(path, 'retention: {keepLast: 1, guards: {minAge: 0h}}\n')
    const soon = new Date(Date.now() + 3_600_000).toISOString().slice(0, 16)
    const { stdout } = await run(`point protect ${point} --reason trial --until ${soon}Z`)
    expect(stdout).toMatch(new RegExp(`^protected: ${point} of web-01, until ${soon.replace('T', ' ')}:00Z\n$`))
    const forget = await run(`forget ${point}`)
    expect(forget).toMatchObject({ code: 7, stderr: expect.stringContaining(refused) as string })
    expect((await run(`retention preview --config ${path}`)).stdout).toMatch(/kept: protected until .* \(trial\)/)
    expect(await answer(`retention apply --config ${path}`)).toEqual([])
    expect((await run('point list')).stdout).toMatch(/ protected +ok\n/)
    expect((await run(`point show ${point}`)).stdout).toMatch(/protected: +since .* until .*: trial\n/)
    expect((await run(`point unprotect ${point}`)).stdout).toContain(`not protected any more: ${point}`)
    expect(await answer(`retention preview --config ${path} --removed`)).toMatchObject([{ id: point }])
    expect((await run(`point protect ${point} --until tomorrow`)).code).toBe(2)
    expect((await run(`point protect ${point} --until 2020-01-01`)).code).toBe(2)
  })

  it('tags it, finds it by its tags, and keeps it by a rule', async () => {
    const path = join(folder, 'tags.yaml')
    await writeFile(path, 'retention: {keepTags: ["audit,env=prod"], guards: {minAge: 0h}}\n')
    expect((await run(`point tag ${points[0]!} audit env=prod old`)).stdout).toContain('web-01: audit, env=prod, old\n')
    expect(await answer(`point untag ${points[0]!} old`)).toMatchObject({ tags: ['audit', 'env=prod'] })
    expect(await answer('point list --tag audit --tag env=prod')).toMatchObject([{ id: points[0]! }])
    expect(await answer('point list --tag audit --tag old')).toEqual([])
    expect((await run(`retention preview --config ${path}`)).stdout).toContain('kept: tags audit, env=prod')
    expect((await run(`point untag ${points[0]!} audit env=prod`)).stdout).toContain('no tags')
    expect((await run(`point tag ${points[0]!}`)).code).toBe(2)
    expect(await run(`point tag ${points[0]!} a,b`)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('"a,b" is no tag') as string,
    })
  })

  it('vouches for it', async () => {
    expect((await run(`point clear ${points[0]!} --reason upgrade`)).stdout).toBe(`cleared: ${points[0]!} of web-01\n`)
    expect((await run(`point show ${points[0]!}`)).stdout).toMatch(/cleared: .* upgrade\n/)
  })
})

describe('repo status', () => {
  it('tells sizes in bytes to programs', async () => {
    const { code, stdout } = await run('repo status -o json')
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      points: 3,
      damagedPoints: 0,
      sessionsOpen: 0,
      freeBytes: expect.any(Number),
    })
  })

  it.each([
    [{ VMKEEP_REPO_KEY: 'wrong' }, 12],
    [{}, 7],
    [{ VMKEEP_REPO_KEY_FILE: '/nonexistent' }, 7],
  ])('with %j exits %d', async (env, code) => expect((await run('repo status', { env })).code).toBe(code))

  it('asks for the key on a terminal', async () => {
    const { code, stderr } = await run('repo status', { env: {}, isTTY: true, answers: ['open sesame\r'] })
    expect(code).toBe(0)
    expect(stderr).toBe('Passphrase or recovery code of the repository: \n')
  })

  it('exits 10 where there is no repository, 2 where none is named', async () => {
    const env = { VMKEEP_REPO_KEY: 'x' }
    expect((await vmkeep(['repo', 'status', '--repo', join(folder, 'none')], { env })).code).toBe(10)
    expect((await vmkeep(['repo', 'status'], { env, home: folder })).code).toBe(2)
  })
})

describe('repo init', () => {
  it('writes the recovery code to a new private file, and that code opens it; makes nothing if it cannot', async () => {
    const path = join(folder, 'fresh')
    const file = join(folder, 'code')
    const init = ['repo', 'init', '-q', '-o', 'json', '--recovery-code-file', file]
    const setting = { env: { VMKEEP_REPO: path, VMKEEP_REPO_KEY: 'open sesame' }, home: folder }
    await writeFile(file, 'precious')
    expect((await vmkeep(init, setting)).code).toBe(6)
    expect(await readdir(folder)).not.toContain('fresh')
    await rm(file)
    const made = await vmkeep(init, setting)
    expect(made).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(made.stdout)).toMatchObject({ path, recoveryCodeFile: file })
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    const env = { VMKEEP_REPO: path, VMKEEP_REPO_KEY_FILE: file }
    expect((await vmkeep(['repo', 'status'], { env, home: folder })).code).toBe(0)
    expect(await vmkeep([...init.slice(0, -1), join(folder, 'code-2')], setting)).toMatchObject({ code: 6 })
  })

  it('--keys-of makes a twin that the same passphrase opens, and refuses another key', async () => {
    const path = join(folder, 'twin')
    const init = ['repo', 'init', '-q', '-o', 'json', '--repo', path, '--keys-of', repo]
    const withFile = (name: string) => [...init, '--recovery-code-file', join(folder, name)]
    const wrong = await vmkeep(withFile('twin-1'), { env: { VMKEEP_REPO_KEY: 'wrong' }, home: folder })
    expect(wrong).toMatchObject({ code: 12 })
    expect(await readdir(folder)).not.toContain('twin')
    const env = { VMKEEP_REPO_KEY: 'open sesame' }
    const made = await vmkeep(withFile('twin-2'), { env, home: folder, random: systemRandom })
    expect(made).toMatchObject({ code: 0, stderr: '' })
    const { id: original } = JSON.parse((await run('repo status -o json')).stdout) as { id: string }
    expect(JSON.parse(made.stdout)).toMatchObject({ path, keysId: original })
    const status = await vmkeep(['repo', 'status', '-o', 'json', '--repo', path], { env, home: folder })
    expect(JSON.parse(status.stdout)).not.toMatchObject({ id: original })
    const code = { VMKEEP_REPO_KEY_FILE: join(folder, 'twin-2') }
    const ofCode = await vmkeep(
      ['repo', 'init', '--repo', join(folder, 'twin-3'), '--keys-of', path, '--recovery-code-file', join(folder, 'x')],
      { env: code, home: folder },
    )
    expect(ofCode).toMatchObject({ code: 2, stderr: expect.stringContaining('is not its passphrase') as string })
  })

  it('otherwise shows the recovery code on stderr, with what to do with it', async () => {
    const { stderr } = fakeWorld([])
    await keepRecoveryCode(new Secret('AAAA-BBBB'), undefined, { stderr })
    expect(stderr.written).toMatch(/^ {4}AAAA-BBBB$/m)
    expect(stderr.written).toContain('Write it on paper or into a password manager')
  })

  it('makes nothing where the recovery code would end in a log', async () => {
    const setting = { env: { VMKEEP_REPO: join(folder, 'logged'), VMKEEP_REPO_KEY: 'open sesame' }, home: folder }
    const { code, stderr } = await vmkeep(['repo', 'init'], setting)
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('--recovery-code-file') as string })
    expect(await readdir(folder)).not.toContain('logged')
  })

  it('asks twice for a new passphrase and refuses a typing error', async () => {
    const path = join(folder, 'typo')
    const { code, stderr } = await vmkeep(['repo', 'init', '--repo', path], {
      home: folder,
      isTTY: true,
      answers: ['one\r', 'two\r'],
    })
    expect(code).toBe(1)
    expect(stderr).toContain('the two passphrases differ; nothing was changed')
    expect(await readdir(folder)).not.toContain('typo')
  })
})

describe('key', () => {
  const fresh = async (name: string) => {
    const path = join(folder, name)
    const env = { VMKEEP_REPO: path, VMKEEP_REPO_KEY: 'old passphrase' }
    const code = join(folder, `${name}-code`)
    const storage = await openFolderStorage(path, { create: true })
    const created = await createRepository(storage, { passphrase: new Secret('old passphrase'), kdf: cheapKdf })
    await created.repository[Symbol.asyncDispose]()
    await writeFile(code, created.recoveryCode.reveal(), { mode: 0o600 })
    const key = (line: string, more: Setting['env'] = {}) =>
      vmkeep(['key', ...line.split(' ')], { env: { ...env, ...more }, home: folder, random: systemRandom })
    const slots = async (more: Setting['env'] = {}) =>
      JSON.parse((await key('list -o json', more)).stdout) as { id: string; kind: string; opened: boolean }[]
    return { code, key, slots }
  }

  it('change puts a new passphrase in the place of the old one', async () => {
    const { key, slots } = await fresh('changed')
    expect(await key('change', { VMKEEP_NEW_REPO_KEY: 'new passphrase' })).toMatchObject({ code: 0 })
    expect(await key('list')).toMatchObject({ code: 12 })
    const after = await slots({ VMKEEP_REPO_KEY: 'new passphrase' })
    expect(after.map(({ kind, opened }) => [kind, opened])).toContainEqual(['passphrase', true])
    expect(after).toHaveLength(2)
  })

  it('change replaces no recovery code by a passphrase, and adds nothing before it says so', async () => {
    const { code, key, slots } = await fresh('forgotten')
    const withCode = { VMKEEP_REPO_KEY: '', VMKEEP_REPO_KEY_FILE: code }
    expect(await key(`add --recovery-code --recovery-code-file ${code}-2`, withCode)).toMatchObject({ code: 0 })
    const before = await slots()
    const refused = await key('change', { ...withCode, VMKEEP_NEW_REPO_KEY: 'new passphrase' })
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('vmkeep key add') as string })
    expect(await slots()).toEqual(before)
    expect(await key('list', withCode)).toMatchObject({ code: 0 })
  })

  it('add and remove replace the recovery code', async () => {
    const { code, key, slots } = await fresh('recovered')
    const next = join(folder, 'next-code')
    expect(await key('add --recovery-code-file x')).toMatchObject({ code: 2 })
    expect(await key(`add --recovery-code --recovery-code-file ${next}`)).toMatchObject({ code: 0 })
    const old = (await slots({ VMKEEP_REPO_KEY: '', VMKEEP_REPO_KEY_FILE: code })).find(({ opened }) => opened)!
    expect(old.kind).toBe('recovery code')
    expect(await key(`remove ${old.id}`)).toMatchObject({ code: 0 })
    expect(await key('list', { VMKEEP_REPO_KEY: '', VMKEEP_REPO_KEY_FILE: code })).toMatchObject({ code: 12 })
    expect(await key('list', { VMKEEP_REPO_KEY: '', VMKEEP_REPO_KEY_FILE: next })).toMatchObject({ code: 0 })
  })

  it('a key file and a private key open the repository, and can be tried; without a recovery code there is a warning', async () => {
    const { code, key, slots } = await fresh('files')
    const [keyFile, identity] = [join(folder, 'repo.key'), join(folder, 'identity')]
    const random = { random: systemRandom, home: folder }
    expect(await vmkeep(['key', 'create-file', keyFile], random)).toMatchObject({ code: 0 })
    expect(await vmkeep(['key', 'create-file', keyFile], random)).toMatchObject({ code: 6 })
    const pair = await vmkeep(['key', 'create-pair', identity, '-o', 'json'], random)
    const { publicKey } = JSON.parse(pair.stdout) as { publicKey: string }
    for (const path of [keyFile, identity]) expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(pair.stdout + pair.stderr).not.toContain((await readFile(identity, 'utf8')).trim())
    expect(await key(`add --new-key-file ${keyFile}`)).toMatchObject({ code: 0 })
    expect(await key(`add --recipient ${publicKey}`)).toMatchObject({ code: 0 })
    expect(await key('add --recipient nonsense')).toMatchObject({ code: 12 })
    expect(await key(`add --recipient ${publicKey} --recovery-code`)).toMatchObject({ code: 2 })
    for (const [path, kind] of [
      [keyFile, 'key file'],
      [identity, 'recipient'],
      [code, 'recovery code'],
    ] as const) {
      const withFile = { VMKEEP_REPO_KEY: '', VMKEEP_REPO_KEY_FILE: path }
      expect((await key('test', withFile)).stdout).toMatch(
        new RegExp(`^ok: the ${kind} of key slot .* opens everything`),
      )
    }
    expect((await key('list')).stdout).toContain(publicKey)
    const recovery = (await slots()).find(({ kind }) => kind === 'recovery code')!
    expect((await key(`remove ${recovery.id}`)).stderr).toContain('no recovery code is left')
    await truncate(keyFile, 30)
    const cut = { VMKEEP_REPO_KEY: '', VMKEEP_REPO_KEY_FILE: keyFile }
    expect(await key('test', cut)).toMatchObject({
      code: 12,
      stderr: expect.stringContaining('no whole key file') as string,
    })
  })

  it('of maintenance lists and collects, and cannot read', async () => {
    const { key } = await fresh('maintained')
    const sweeper = { VMKEEP_NEW_REPO_KEY: 'sweep' }
    expect((await key('add --maintenance', sweeper)).stdout).toContain('for maintenance')
    expect(await key('add --maintenance --recovery-code')).toMatchObject({ code: 2 })
    const env = { VMKEEP_REPO: join(folder, 'maintained'), VMKEEP_REPO_KEY: 'sweep' }
    const asSweeper = (line: string) => vmkeep(line.split(' '), { env, home: folder })
    expect((await asSweeper('key test')).stdout).toContain('for maintenance')
    for (const line of ['point list', 'repo gc', 'repo status', 'repo verify', 'verify'])
      expect([line, (await asSweeper(line)).code]).toEqual([line, 0])
    for (const line of ['key list', 'key rotate', 'domain list', 'repo verify --level full'])
      expect([line, (await asSweeper(line)).code]).toEqual([line, 7])
  })

  it('remove keeps the last of its kind, and knows what is not there', async () => {
    const { key, slots } = await fresh('kept')
    for (const { id } of await slots()) expect(await key(`remove ${id}`)).toMatchObject({ code: 7 })
    expect(await key('remove 1234')).toMatchObject({ code: 5 })
    expect(await key('add', { VMKEEP_NEW_REPO_KEY: 'old passphrase' })).toMatchObject({ code: 6 })
    expect(await slots()).toHaveLength(2)
  })
})

describe('data keys and domains', () => {
  const fresh = async (name: string) => {
    const path = join(folder, name)
    const storage = await openFolderStorage(path, { create: true })
    const options = { passphrase: new Secret('open sesame'), kdf: cheapKdf, workersMax: 0 }
    const { repository } = await createRepository(storage, options)
    return {
      repository,
      on: (line: string, setting: Setting = {}) => run(`${line} --repo ${path}`, { random: systemRandom, ...setting }),
    }
  }
  const store = async (repository: Repository, domain?: string) => {
    await using session = await repository.beginSession(domain === undefined ? {} : { domain })
    const image = await session.beginImage({ capacityBytes: 2 ** 18, unwritten: 'zero' })
    const lease = await image.lease(2 ** 18)
    lease.fill(7)
    await image.write(0, lease)
    return await session.commit({
      subject: { id: 'a', name: 'web-01', kind: 'vm' },
      images: [{ key: '2000', label: 'Hard disk 1', image: await image.finish(), attributes: {} }],
      blobs: {},
      attributes: pointAttributes('') as unknown as Record<string, Plain>,
      stats: {},
    })
  }

  it('a data key is renewed, and the old one retired once nothing needs it', async () => {
    const { repository, on } = await fresh('renewed')
    await using _open = repository
    await store(repository)
    expect(await on('key rotate')).toMatchObject({ code: 0, stdout: expect.stringContaining('data key 2') as string })
    expect(await on('key retire 1')).toMatchObject({
      code: 7,
      stderr: expect.stringContaining('--renew-keys') as string,
    })
    expect(await on('repo gc --renew-keys')).toMatchObject({ code: 0 })
    expect((await on('key list --data-keys')).stdout).toMatch(/1 .* 0 +0 B +replaced\n +2 .* seals what is new/)
    expect(await on('key retire 1')).toMatchObject({ code: 0 })
    expect(await on('key retire 1')).toMatchObject({ code: 5 })
    expect(await on('verify')).toMatchObject({ code: 0 })
  })

  it('a domain is made, and erased only by its name', async () => {
    const { repository, on } = await fresh('domains')
    await using _open = repository
    expect(await on('domain create tenant-a')).toMatchObject({ code: 0 })
    expect(await on('domain create tenant-a')).toMatchObject({ code: 6 })
    expect(await on('domain create a/b')).toMatchObject({ code: 2 })
    const { id } = await store(repository, 'tenant-a')
    const dryRun = await on('domain erase tenant-a --dry-run -o json')
    expect(JSON.parse(dryRun.stdout)).toMatchObject({ erased: false, points: [{ id, vm: 'web-01' }] })
    expect(await on('domain erase tenant-a')).toMatchObject({ code: 2 })
    expect(await on('domain erase tenant-a --confirm tenant-b')).toMatchObject({ code: 2 })
    expect(await on('domain erase tenant-a', { isTTY: true, answers: ['tenant\r'] })).toMatchObject({ code: 1 })
    expect((await on('point list')).stdout).not.toContain('erased')
    expect(await on('domain erase tenant-a', { isTTY: true, answers: ['tenant-a\r'] })).toMatchObject({ code: 0 })
    expect((await on('point list')).stdout).toMatch(new RegExp(`${id} .* erased`))
    expect((await on('domain list')).stdout).toContain('tenant-a')
    const restored = await on(`restore --point ${id} --to-files ${join(folder, 'out')}`)
    expect(restored).toMatchObject({ code: 7, stderr: expect.stringContaining('"tenant-a" were erased') as string })
    expect(await on('verify')).toMatchObject({ code: 0 })
    expect(await on('domain erase nobody --confirm nobody')).toMatchObject({ code: 5 })
  })
})

describe('forgetting', () => {
  it('takes a point out of the list, lists it, takes it back, and a collection leaves it', async () => {
    const id = points[1]!
    expect((await run(`forget ${id} --reason testing`)).stdout).toContain(`vmkeep point undelete ${id}`)
    expect((await run('point list')).stdout).not.toContain(id)
    expect((await run(`point show ${id}`)).code).toBe(5)
    expect((await run('point undelete')).stdout).toMatch(new RegExp(`${id} [^]* testing`))
    expect((await run('repo gc')).stdout).toMatch(
      /^ok: 3 restore points and .* looked at; 0 packs deleted, 0 B freed\n/,
    )
    expect((await run(`point undelete ${id}`)).code).toBe(0)
    expect((await run('point list')).stdout).toContain(id)
    expect((await run('point undelete')).stdout).toBe('No restore point is forgotten.\n')
    expect((await run('point undelete ffff')).code).toBe(5)
    expect((await run('forget ffff')).code).toBe(5)
  })

  it('says what would go, and does nothing', async () => {
    const { code, stdout } = await run('repo gc --dry-run')
    expect(code).toBe(0)
    expect(stdout).toMatch(/0 packs would go, .* would be free\n$/)
  })
})

describe('verify', () => {
  it('reads everything back', async () => {
    const { code, stdout, stderr } = await run('verify')
    expect(code).toBe(0)
    expect(stdout).toMatch(
      /^ok: 3 restore points and \d packs? checked, .* every byte that was read is what was written\n$/,
    )
    expect(stderr).toMatch(/^repository packs: verify\n/)
  })

  it('exits 8 when a pack is cut off, and names what it hits', async () => {
    const packs = (await readdir(repo, { recursive: true, withFileTypes: true })).filter(
      (each) => each.isFile() && each.parentPath.includes('pack'),
    )
    const victim = packs[0]!
    const path = join(victim.parentPath, victim.name)
    const whole = await readFile(path)
    await truncate(path, Math.floor(whole.length / 2))
    const { code, stdout, stderr } = await run('verify')
    await writeFile(path, whole)
    expect(code).toBe(8)
    expect(stdout).toMatch(/damages? found/)
    expect(points.some((point) => stdout.includes(point))).toBe(true)
    expect(stderr).toContain('the repository is damaged')
  })
})

describe('repo verify', () => {
  const later = fakeClock(Date.UTC(2030, 0, 1)) // than every other command here
  const runLater = (line: string) => run(line, { random: systemRandom, clock: later })

  it('reads what was not read of late, within a budget, and remembers it', async () => {
    expect((await runLater('repo status')).stdout).toMatch(/^verified: +\d+ % read in full within 30 d/m)
    const first = await runLater('repo verify --budget 1B --older-than 1d -o json')
    expect(first.code).toBe(0)
    const { packs, packsLeft } = JSON.parse(first.stdout) as { packs: number; packsLeft: number }
    expect(packs).toBe(1)
    expect((await runLater('repo verify --older-than 1d')).stdout).toMatch(
      new RegExp(`^ok: ${packsLeft} packs read in full .*; nothing is damaged\n$`),
    )
    expect((await runLater('repo verify --older-than 1d')).stdout).toMatch(/^ok: 0 packs/)
    expect((await runLater('repo status')).stdout).toMatch(/^verified: +100 % read in full/m)
    expect((await runLater('repo verify --budget much')).code).toBe(2)
  })

  it('says what is missing without reading anything', async () => {
    const packs = (await readdir(repo, { recursive: true, withFileTypes: true })).filter(
      (each) => each.isFile() && each.parentPath.includes('pack'),
    )
    const path = join(packs[0]!.parentPath, packs[0]!.name)
    const whole = await readFile(path)
    await rm(path)
    const { code, stdout } = await runLater('repo verify --level presence')
    await writeFile(path, whole)
    expect(code).toBe(8)
    expect(stdout).toMatch(/absent +packs\/.*\n/)
    expect((await runLater('repo verify --level checksum')).code).toBe(0)
  })
})

describe('repo repair', () => {
  const runAt = (line: string) => run(line, { random: systemRandom })

  it('gets a lost pack back from a copy of the repository', async () => {
    const copy = join(folder, 'copy')
    await cp(repo, copy, { recursive: true })
    const packs = (await readdir(repo, { recursive: true, withFileTypes: true })).filter(
      (each) => each.isFile() && each.parentPath.includes('pack'),
    )
    const paths = packs.map(({ parentPath, name }) => join(parentPath, name))
    const whole = await readFile(paths[0]!)
    await rm(paths[0]!)
    expect((await runAt('verify')).code).toBe(8)
    const looked = await runAt(`repo repair --from ${copy} --dry-run`)
    expect([looked.code, looked.stdout]).toEqual([8, expect.stringMatching(/could be had .*\nlost now:/s)])
    const alone = await runAt('repo repair')
    expect([alone.code, alone.stderr]).toEqual([8, expect.stringContaining('not everything could be had')])
    const { code, stdout } = await runAt(`repo repair --from ${copy}`)
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/^\d+ lost chunks?: \d+ are back \(0 from this repository/),
    ])
    expect((await runAt('repo repair')).stdout).toBe('ok: nothing is lost that a restore point needs\n')
    await writeFile(paths[0]!, whole)
  })
})

describe('repo rebuild-index', () => {
  it('names packs again that nothing names, and says so', async () => {
    const runAt = (line: string) => run(line, { random: systemRandom })
    await rm(join(repo, 'index'), { recursive: true })
    const looked = await runAt('repo rebuild-index --dry-run')
    expect([looked.code, looked.stdout]).toEqual([
      0,
      expect.stringMatching(/^found 0 segments, 0 deltas; \d+ packs? that nothing names/),
    ])
    const { code, stdout } = await runAt('repo rebuild-index')
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/entries written; the index is index\/root\/00000001 now/),
    ])
    expect((await runAt('repo status')).stdout).toMatch(/index: +\d+ entries in 1 segment and 0 deltas/)
    expect((await runAt('verify')).code).toBe(0)
  })
})
