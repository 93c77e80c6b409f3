import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, isAlive, type LogEvent, seededRandom, systemClock } from '@vmkeep/kit'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { findLibrary } from '../library/find-library.ts'
import { type FakeVddk, temporaryFake, whyNoFakeVddk } from '../testing.ts'
import { VddkProcess } from './vddk-process.ts'

const why = await whyNoFakeVddk()
const path = '[ds] web/web.vmdk'
const login = {
  server: 'vcenter.example',
  port: 443,
  nfcHostPort: 902,
  thumbprint: 'AA:BB',
  username: 'backup',
  cookie: 'the-secret-cookie',
  vm: 'vm-12',
}
const during = 'while testing'
const asked = { during, timeoutMs: 60_000 }
const bytes = seededRandom('disk').bytes(256 * 1024)

let fake: FakeVddk
let log: LogEvent[]

beforeEach(async (context) => {
  if (why !== undefined) return context.skip(why)
  fake = await temporaryFake()
  onTestFinished(() => fake[Symbol.asyncDispose]())
  await writeFile(fake.fileOf(path), bytes)
  log = []
})

async function start(
  clock: Clock = systemClock,
  change: { root?: string; configFile?: string } = {},
): Promise<VddkProcess> {
  const { root = fake.root, configFile } = change
  const cacheFolder = join(fake.folder, 'cache')
  const library = findLibrary(root)
  const process = await VddkProcess.start({ library, clock, cacheFolder, configFile, log: (event) => log.push(event) })
  onTestFinished(() => process[Symbol.asyncDispose]())
  return process
}

async function open(process: VddkProcess, readOnly = true): Promise<number> {
  const connect = { login, readOnly, snapshot: 'snapshot-3', transports: 'san:nbdssl' }
  const { connection } = (await process.ask('connect', connect, asked)).gives
  return (await process.ask('open', { connection, path, readOnly }, asked)).gives.disk
}

const read = (process: VddkProcess, disk: number, startSector = 0, sectors = 8) =>
  process.ask('read', { disk, startSector, sectors }, asked)

const callsOf = async (name: string) => (await fake.calls()).filter(({ call }) => call.split(' ')[0] === name)

describe('a process of the library', () => {
  it('initialises it in its main thread, and does everything else in one other thread', async () => {
    const process = await start()
    const disk = await open(process)
    const got = await Promise.all([0, 8, 16, 24].map((sector) => read(process, disk, sector)))
    expect(Buffer.concat(got.map(({ body }) => body)).equals(bytes.subarray(0, 32 * 512))).toBe(true)
    await process.ask('close', { disk }, asked)
    await process[Symbol.asyncDispose]()
    const calls = await fake.calls()
    expect(calls[0]).toMatchObject({ thread: process.pid, call: expect.stringMatching(/^InitEx 8\.0 /) as string })
    expect(new Set(calls.slice(1).map(({ thread }) => thread)).size).toBe(1)
    expect(calls[1]!.thread).not.toBe(process.pid)
    const names = 'InitEx ConnectEx Open ReadAsync ReadAsync ReadAsync ReadAsync Wait Close Exit'
    expect(calls.map(({ call }) => call.split(' ')[0]).join(' ')).toBe(names)
  })

  it('gives the library its own OpenSSL, not Node’s, and its plugin, too', async () => {
    await start()
    expect((await callsOf('InitEx'))[0]!.call).toMatch(/libcrypto fa4ecafe, of the plugin fa4ecafe/)
  })

  it('shows the library its secrets, and nobody else', async () => {
    await fake.configure({ cookie: login.cookie, thumbprint: login.thumbprint })
    const process = await start()
    await open(process)
    const seen = await Promise.all(
      ['cmdline', 'environ'].map((file) => readFile(`/proc/${process.pid}/${file}`, 'utf8')),
    )
    expect(seen.join()).not.toContain(login.cookie)
    expect(JSON.stringify([log, await fake.calls()])).not.toContain(login.cookie)
  })

  it('hides a secret that the library writes into its log', async () => {
    const process = await start()
    await fake.rules('Open 1 tell')
    await open(process)
    await process[Symbol.asyncDispose]()
    expect(log.map(({ message }) => message)).toContain('VDDK warns: the cookie is [secret]')
  })

  it('passes the environment on only as far as a library needs it', async () => {
    process.env['VMKEEP_TEST_SECRET'] = 'tell nobody'
    onTestFinished(() => void delete process.env['VMKEEP_TEST_SECRET'])
    const { pid } = await start()
    expect(await readFile(`/proc/${pid}/environ`, 'utf8')).not.toContain('tell nobody')
  })

  it('lives with a library whose own threads log all the time', async () => {
    await fake.configure({ threads: 8 })
    const process = await start()
    const disk = await open(process)
    for (let sector = 0; sector < 256; sector += 8) await read(process, disk, sector)
    await process.ask('close', { disk }, asked)
    expect(log.length).toBeGreaterThan(20)
    expect(log.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/^VDDK: background thread \d+ of fake, 1099511627776%$/),
    )
  })

  it.each([7, 8, 9] as const)('works with VDDK %i', async (version) => {
    await using other = await temporaryFake(version)
    await writeFile(other.fileOf(path), bytes)
    const process = await start(systemClock, { root: other.root })
    const disk = await open(process)
    expect(Buffer.from((await read(process, disk)).body).equals(bytes.subarray(0, 4096))).toBe(true)
    expect((await other.calls())[0]!.call).toMatch(new RegExp(`^InitEx ${version}\\.0`))
    await other.rules('Open 2 error 14009')
    const code = version === 7 ? 'vddk.access-refused' : 'vddk.port-unreachable' // 7 tells everything as "access rights"
    await expect(open(process)).rejects.toMatchObject({ code, message: expect.stringContaining('TCP 902') as string })
  })

  it('reads synchronously where the library knows nothing else', async () => {
    await fake.configure({ noasync: 1 })
    const process = await start()
    const disk = await open(process)
    expect(Buffer.from((await read(process, disk, 3, 2)).body).equals(bytes.subarray(1536, 2560))).toBe(true)
    expect(await callsOf('Read')).toHaveLength(1)
  })

  it('writes, flushes, and keeps metadata', async () => {
    await writeFile(`${fake.fileOf(path)}.ddb`, 'adapterType=lsilogic\ntoolsVersion=12389\n')
    const process = await start()
    const disk = await open(process, false)
    await process.ask('write', { disk, startSector: 4 }, { ...asked, body: Buffer.alloc(1024, 'x') })
    await process.ask('setMetadata', { disk, key: 'uuid', value: '60 00 C2' }, asked)
    await process.ask('flush', { disk }, asked)
    expect((await readFile(fake.fileOf(path))).subarray(2048, 3072).equals(Buffer.alloc(1024, 'x'))).toBe(true)
    expect((await process.ask('metadata', { disk }, asked)).gives.values).toEqual({
      adapterType: 'lsilogic',
      toolsVersion: '12389',
      uuid: '60 00 C2',
    })
  })

  it('keeps a VM in its place while it is asked to, and cleans up after others', async () => {
    const process = await start()
    const vm = { login, identity: 'vmkeep' }
    await process.ask('prepareForAccess', vm, asked)
    expect(await stat(join(fake.disksFolder, 'prepared-moref=vm-12-vmkeep'))).toBeDefined()
    await expect(process.ask('prepareForAccess', vm, asked)).rejects.toMatchObject({ code: 'vddk.locked' })
    await process.ask('endAccess', vm, asked)
    await expect(stat(join(fake.disksFolder, 'prepared-moref=vm-12-vmkeep'))).rejects.toThrow('ENOENT')
    await writeFile(join(fake.disksFolder, 'leftover'), '')
    const { vm: _vm, ...noVm } = login
    expect((await process.ask('cleanUp', { login: noVm }, asked)).gives).toEqual({ cleaned: 1, remaining: 0 })
  })

  it('tells what libvixMntapi knows of the guest', async () => {
    const system = { family: 1, major: 10, minor: 0, bits: 64, vendor: 'Microsoft', edition: 'Server 2022' }
    await fake.guest({ ...system, volumes: 2 })
    const process = await start()
    const connect = { login, readOnly: true, transports: 'nbdssl' }
    const { connection } = (await process.ask('connect', connect, asked)).gives
    const file = join(fake.root, 'lib64', 'libvixMntapi.so.8')
    const takes = { file, rootFolder: fake.root, connection, path }
    expect((await process.ask('guest', takes, asked)).gives).toEqual({
      os: { family: 'windows', version: '10.0', is64Bit: true, vendor: 'Microsoft', edition: 'Server 2022' },
      volumes: [
        { kind: 'GPT partition', mountPoints: ['C:\\', 'D:\\'] },
        { kind: 'LVM volume', mountPoints: [] },
      ],
    })
  })
})

describe('when the library goes down', () => {
  it.each([
    ['crashes in a call', 'ReadAsync 1 crash', /ended \(SIGSEGV\)/],
    ['crashes in a thread of its own', 'asyncRead 1 crash', /ended \(SIGSEGV\)/],
    ['panics', 'ReadAsync 1 panic', /ended \(SIGKILL\) while testing; it said last: panic: NOT_REACHED ReadAsync:1/],
  ])('and %s, what was asked fails, and this process goes on', async (_name, rule, message) => {
    const process = await start()
    const disk = await open(process)
    await fake.rules(rule)
    const error = { code: 'vddk.child-died', remedy: 'retry', message: expect.stringMatching(message) as string }
    await expect(Promise.all([read(process, disk), read(process, disk, 8)])).rejects.toMatchObject(error)
    await expect(read(process, disk)).rejects.toMatchObject({ code: 'vddk.child-died' })
    expect(process.isAlive).toBe(false)
  })

  it.each(['ReadAsync', 'asyncRead'])('and %s hangs, it is ended after a while', async (name) => {
    const process = await start()
    const disk = await open(process)
    await fake.rules(`${name} 1 hang`)
    const hung = process.ask('read', { disk, startSector: 0, sectors: 8 }, { during, timeoutMs: 200 })
    await expect(hung).rejects.toMatchObject({
      code: 'vddk.child-hung',
      message: expect.stringMatching(/within \d+ ms while testing/) as string,
    })
    await process.kill()
    expect(await isAlive({ pid: process.pid!, startTicks: 0 })).toBe(false)
  })

  it('while it initialises, the start fails', async () => {
    await fake.rules('InitEx 1 crash')
    await expect(start()).rejects.toMatchObject({ code: 'vddk.child-died' })
    await fake.rules('InitEx 1 error 6')
    await expect(start()).rejects.toMatchObject({ code: 'vddk.not-supported' })
  })
})

describe('what the library refuses', () => {
  const refusals = [
    [1, 'vddk.unknown-error', /vmkeep vcenter trust/],
    [2, 'vddk.out-of-memory', /fewer disks/],
    [4, 'vddk.not-found', /moved or removed/],
    [13, 'vddk.access-refused', /DiskRandomRead/],
    [15, 'vddk.locked', /lock/],
    [3007, 'vddk.vm-running', /while its VM is off/],
    [3014, 'vddk.privilege-missing', /vmkeep doctor/],
    [14008, 'vddk.host-unknown', /DNS/],
    [14009, 'vddk.port-unreachable', /TCP 902/],
    [14011, 'vddk.connection-lost', /try again/],
    [16064, 'vddk.no-license', /free ESXi/],
    [16392, 'vddk.locked', /lock/],
    [4242, 'vddk.refused', /4242 \(fake error 4242\)/],
  ] as const

  it('is told as what it is, with the way out, and the process is none the worse for it', async () => {
    const process = await start()
    await fake.rules(...refusals.map(([vix], at) => `Open ${at + 1} error ${vix}`))
    for (const [, code, message] of refusals)
      await expect(open(process)).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string })
    await open(process)
  })

  it('is what it says of a wrong thumbprint, or of a session that has ended', async () => {
    await fake.configure({ thumbprint: 'CC:DD' })
    await expect(open(await start())).rejects.toMatchObject({ code: 'vddk.unknown-error' })
    await fake.configure({ cookie: 'another one' })
    await expect(open(await start())).rejects.toMatchObject({ code: 'vddk.privilege-missing' })
  })
})
