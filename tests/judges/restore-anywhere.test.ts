// tools/restore-anywhere.mjs was written from docs/formats/repository.md alone: if it restores what we stored, the document is enough.
import { execFile } from 'node:child_process'
import { copyFile, cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { collect, Secret, systemRandom } from '@vmkeep/kit'
import {
  createRepository,
  newKeyFile,
  newKeyPair,
  openFolderStorage,
  openKeySlots,
  type RestorePoint,
} from '@vmkeep/repository'
import {
  backUp,
  createTestRepository,
  createTestTwin,
  fastKdf,
  manifestOf,
  noise,
  reopenTestRepository,
  storeImage,
  testPassphrase,
} from '@vmkeep/repository/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { goldenFolders, readGolden, sha256 } from '../compatibility/golden.ts'

const flipped = (bytes: Buffer, at: number) => {
  const copy = Buffer.from(bytes)
  copy[at]! ^= 1
  return copy
}

const versions = await goldenFolders()

const large = Buffer.alloc(36 * 1024 * 1024) // more than one map page at 128 KiB
noise(300_000, 'begin').copy(large)
large.fill('text that compresses ', 20_000_000, 23_000_000)
noise(70_001, 'end').copy(large, large.length - 70_001)
const disks = { '2000': large.subarray(0, large.length - 7), '2001': Buffer.alloc(5_000_000) }
const notes = Buffer.from('<config/>')

let home: string
let repository: string
let point: RestorePoint

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'restore-anywhere-'))
  repository = join(home, 'repository')
  await using storage = await openFolderStorage(repository, { create: true })
  await using test = await createTestRepository(storage)
  point = await backUp(test.repository, disks, { 'config.xml': notes })
  await writeFile(join(home, 'key'), `${test.recoveryCode.reveal()}\n`)
  // Alone in a folder: nothing of ours can help it.
  await copyFile(join(import.meta.dirname, '../../tools/restore-anywhere.mjs'), join(home, 'restore-anywhere.mjs'))
})
afterAll(() => rm(home, { recursive: true, force: true }))

const run = (...args: string[]) => runOn({ folder: repository, keyFile: 'key' }, ...args)

interface Surroundings {
  readonly folder: string
  readonly keyFile: string
  readonly env?: Record<string, string>
}

const runOn = ({ folder, keyFile, env = {} }: Surroundings, ...args: string[]) =>
  new Promise<{ code: number; output: string }>((resolve) => {
    const program = [join(home, 'restore-anywhere.mjs'), folder, ...args, '--key-file', join(home, keyFile)]
    execFile(process.execPath, program, { cwd: home, env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr }),
    )
  })

describe('restore-anywhere, with a repository folder and its recovery code', () => {
  it('lists the point, its disks and its files', async () => {
    const { code, output } = await run('list')
    expect(code).toBe(0)
    for (const part of [point.id, 'disk 2000', `${disks['2000'].length} bytes`, 'disk 2001', 'file config.xml'])
      expect(output).toContain(part)
  })

  it('restores every disk and file to the byte', async () => {
    for (const [key, bytes] of Object.entries(disks)) {
      expect(await run('restore', point.id.slice(0, 14), key, join(home, key))).toMatchObject({ code: 0 })
      expect(Buffer.compare(await readFile(join(home, key)), bytes)).toBe(0)
    }
    await run('file', point.id, 'config.xml', join(home, 'config.xml'))
    expect(await readFile(join(home, 'config.xml'))).toEqual(notes)
  })

  it('never writes over a file', async () => {
    await writeFile(join(home, 'mine'), 'precious')
    expect(await run('restore', point.id, '2000', join(home, 'mine'))).toMatchObject({ code: 1 })
    expect(await readFile(join(home, 'mine'), 'utf8')).toBe('precious')
  })

  it('says what is lost, and restores the rest only when told to', async () => {
    await using storage = await openFolderStorage(repository)
    const packs = await collect(storage.list('packs/'))
    const data = packs.toSorted((a, b) => b.sizeBytes - a.sizeBytes)[0]!.key
    const bytes = await readFile(join(repository, data))
    try {
      const damaged = Buffer.from(bytes)
      damaged[200]! ^= 1 // inside the first blob
      await writeFile(join(repository, data), damaged)
      const refused = await run('restore', point.id, '2000', join(home, 'refused'))
      expect(refused).toMatchObject({
        code: 1,
        output: expect.stringMatching(/blob [0-9a-f]{64} is damaged/) as string,
      })
      const rest = await run('restore', point.id, '2000', join(home, 'rest'), '--zero-lost')
      expect(rest).toMatchObject({ code: 3, output: expect.stringContaining('lost: bytes 0 to 131072') as string })
      const expected = Buffer.from(disks['2000'])
      expected.fill(0, 0, 131_072)
      expect(Buffer.compare(await readFile(join(home, 'rest')), expected)).toBe(0)
      await truncate(join(repository, data), 5000)
      expect(await run('restore', point.id, '2000', join(home, 'cut'))).toMatchObject({ code: 1 })
      expect((await readdir(dirname(join(home, 'cut')))).filter((name) => /refused|cut|partial/.test(name))).toEqual([])
    } finally {
      await writeFile(join(repository, data), bytes)
    }
  })

  it('restores the rest of a disk where the medium itself cannot be read', async () => {
    const badSector = [
      "import fs from 'node:fs'",
      "import { syncBuiltinESMExports } from 'node:module'",
      'const { readSync } = fs',
      'fs.readSync = (file, bytes, start, size, at) => {',
      "  if (at <= 200 && at + size > 200 && size > 64) throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' })",
      '  return readSync(file, bytes, start, size, at)',
      '}',
      'syncBuiltinESMExports()',
    ]
    await writeFile(join(home, 'bad-sector.mjs'), badSector.join('\n'))
    const onBadDisk = { NODE_OPTIONS: `--import=${join(home, 'bad-sector.mjs')}` }
    const place = { folder: repository, keyFile: 'key', env: onBadDisk }
    const restored = await runOn(place, 'restore', point.id, '2000', join(home, 'bad'), '--zero-lost')
    expect(restored).toMatchObject({ code: 3, output: expect.stringMatching(/lost: .* unreadable: EIO/) as string })
  })

  describe('with something wrong among the keys', () => {
    const strays = ['slot-00000000000000000000000000000000', 'slot-old.bak', 'ring-99999999.bak']
    beforeAll(() =>
      Promise.all(strays.map((name) => writeFile(join(repository, 'keys', name), 'cut off by a power failure'))),
    )
    afterAll(() => Promise.all(strays.map((name) => rm(join(repository, 'keys', name)))))

    it('opens with the slots and the ring that are whole', async () => {
      const { code, output } = await run('list')
      expect({ code, output }).toMatchObject({ code: 0, output: expect.stringContaining(point.id) as string })
      expect(output).toContain('warning: slot-00000000000000000000000000000000 is no VMKPSLOT object')
    })
  })

  describe('with packs that do not say what is in them', () => {
    let broken: string
    beforeAll(async () => {
      broken = join(home, 'broken')
      await cp(repository, broken, { recursive: true })
      await rm(join(broken, 'index'), { recursive: true }) // it is not needed
    })
    const packs = async () => {
      const names = await readdir(join(broken, 'packs'), { recursive: true, withFileTypes: true })
      return names.filter((name) => name.isFile()).map(({ parentPath, name }) => join(parentPath, name))
    }
    const restoreTo = (name: string, ...more: string[]) =>
      runOn({ folder: broken, keyFile: 'key' }, 'restore', point.id, '2000', join(home, name), ...more)
    const trailerAt = (bytes: Buffer) => Number(bytes.readBigUInt64LE(bytes.length - 64))

    it.each<[string, (bytes: Buffer) => Buffer]>([
      ['a damaged footer', (bytes) => flipped(bytes, bytes.length - 1)],
      ['a table that was changed', (bytes) => flipped(bytes, trailerAt(bytes) + 20)],
      ['zeroes from the trailer on', (bytes) => Buffer.from(bytes).fill(0, trailerAt(bytes))],
      ['no end', (bytes) => bytes.subarray(0, trailerAt(bytes))],
      ['a cut within the trailer', (bytes) => bytes.subarray(0, trailerAt(bytes) + 7)],
      ['neither header nor footer', (bytes) => flipped(flipped(bytes, 3), bytes.length - 1)],
      ['more bytes than were written', (bytes) => Buffer.concat([bytes, Buffer.alloc(5000, 'BLB1')])],
    ])('finds every blob by its own header: %s', async (name, breaking) => {
      const whole = new Map<string, Buffer>()
      for (const path of await packs()) whole.set(path, await readFile(path))
      try {
        for (const [path, bytes] of whole) await writeFile(path, breaking(bytes))
        const restored = await restoreTo(name)
        expect(restored).toMatchObject({
          code: 0,
          output: expect.stringContaining('does not say what is in it') as string,
        })
        expect(Buffer.compare(await readFile(join(home, name)), disks['2000'])).toBe(0)
      } finally {
        for (const [path, bytes] of whole) await writeFile(path, bytes)
      }
    })

    it('goes on behind a blob whose header is lost, too', async () => {
      const sizes = await Promise.all((await packs()).map(async (path) => ({ path, bytes: await readFile(path) })))
      const { path, bytes } = sizes.toSorted((a, b) => b.bytes.length - a.bytes.length)[0]!
      await writeFile(path, flipped(flipped(bytes, 64), bytes.length - 1)) // the magic of the first blob, and the footer
      expect(await restoreTo('refused-2')).toMatchObject({ code: 1 })
      expect(await restoreTo('but-one', '--zero-lost')).toMatchObject({ code: 3 })
      const expected = Buffer.from(disks['2000'])
      expected.fill(0, 0, 131_072)
      expect(Buffer.compare(await readFile(join(home, 'but-one')), expected)).toBe(0)
      await writeFile(path, bytes)
    })
  })

  it('reads a repository whose deltas were folded into segments and removed', async () => {
    const folder = join(home, 'folded')
    await cp(repository, folder, { recursive: true })
    await using storage = await openFolderStorage(folder)
    await using folding = await reopenTestRepository(storage, { seed: 'folding' })
    await folding.rebuildIndex()
    await folding.collect({ graceMs: 0, silentMs: 0 })
    expect(await collect(storage.list('index/delta/'))).toEqual([])
    expect((await collect(storage.list('index/seg/'))).length).toBeGreaterThan(1)
    const restored = await runOn({ folder, keyFile: 'key' }, 'restore', point.id, '2000', join(home, 'from-folded'))
    expect(restored).toMatchObject({ code: 0 })
    expect(Buffer.compare(await readFile(join(home, 'from-folded')), disks['2000'])).toBe(0)
  })

  it.each(versions)('restores every disk and file of the golden repository %s', async (version) => {
    const folder = join(import.meta.dirname, '../compatibility', version)
    const golden = await readGolden(folder)
    const keyFile = `golden-${version}`
    await writeFile(join(home, keyFile), golden.recoveryCode)
    const from = (...args: string[]) => runOn({ folder: join(folder, 'repository'), keyFile }, ...args)
    for (const [i, { id, disks: stored, blobs }] of golden.points.entries()) {
      for (const [j, { sha256: hash }] of stored.entries()) {
        const target = join(home, `${keyFile}-${i}-${j}`)
        expect(await from('restore', id, `Hard disk ${j + 1}`, target)).toMatchObject({ code: 0 })
        expect(sha256(await readFile(target))).toBe(hash)
        await rm(target)
      }
      const target = join(home, `${keyFile}-${i}-config`)
      await from('file', id, 'config.xml', target)
      expect(sha256(await readFile(target))).toBe(blobs['config.xml']!.sha256)
    }
    for (const id of golden.erased ?? [])
      expect((await from('restore', id, 'Hard disk 1', join(home, 'erased'))).output).toContain('erased domain red')
  })

  it('takes a passphrase that looks like a mistyped recovery code', async () => {
    const passphrase = 'twelve hares sat near a green hedge at noon' // 35 letters, each of them a symbol of such a code
    const folder = join(home, 'another')
    await using storage = await openFolderStorage(folder, { create: true })
    const created = await createRepository(storage, { passphrase: new Secret(passphrase), kdf: fastKdf, workersMax: 0 })
    await created.repository[Symbol.asyncDispose]()
    await writeFile(join(home, 'passphrase'), passphrase)
    expect(await runOn({ folder, keyFile: 'passphrase' }, 'list')).toEqual({ code: 0, output: '' })
  })

  it('reads a repository that shares the keys of another', async () => {
    await using origin = await openFolderStorage(repository)
    const folder = join(home, 'twin')
    await using storage = await openFolderStorage(folder, { create: true })
    await using twin = await createTestTwin({ storage: origin }, { into: storage })
    const { id } = await backUp(twin.repository, { '2000': disks['2000'] })
    await writeFile(join(home, 'twin-key'), twin.recoveryCode.reveal())
    const restored = await runOn({ folder, keyFile: 'twin-key' }, 'restore', id, '2000', join(home, 'from-twin'))
    expect(restored).toMatchObject({ code: 0 })
    expect(Buffer.compare(await readFile(join(home, 'from-twin')), disks['2000'])).toBe(0)
  })

  it('reads what was sealed with several data keys and for several domains, and says what was erased', async () => {
    const folder = join(home, 'tenants')
    await using storage = await openFolderStorage(folder, { create: true })
    await using test = await createTestRepository(storage)
    const store = async (domain: string, bytes: Uint8Array) => {
      await using session = await test.repository.beginSession(domain === '' ? {} : { domain })
      return await session.commit(manifestOf({ disk: await storeImage(session, bytes) }))
    }
    for (const name of ['blue', 'red']) await test.repository.createDomain(name)
    const old = noise(300_000, 'old')
    const first = await store('', old)
    await test.repository.rotateDataKey()
    const second = await store('', noise(300_000, 'new'))
    const [blue, red] = [await store('blue', old), await store('red', old)]
    await test.repository.eraseDomain('red')
    await writeFile(join(home, 'tenants-key'), test.recoveryCode.reveal())
    const restore = (id: string, name: string) =>
      runOn({ folder, keyFile: 'tenants-key' }, 'restore', id, 'disk', join(home, name))
    for (const [point, name, expected] of [
      [first, 'disk-1', old],
      [second, 'disk-2', noise(300_000, 'new')],
      [blue, 'disk-3', old],
    ] as const) {
      expect(await restore(point.id, name)).toMatchObject({ code: 0 })
      expect(Buffer.compare(await readFile(join(home, name)), expected)).toBe(0)
    }
    const refused = await restore(red.id, 'disk-4')
    expect(refused).toMatchObject({ code: 1, output: expect.stringContaining('erased domain red') as string })
  })

  it('opens with a key file and with a private key', async () => {
    await using storage = await openFolderStorage(repository)
    const slots = await openKeySlots(storage, { key: testPassphrase, kdf: fastKdf })
    const keyFile = newKeyFile(systemRandom)
    const { identity, recipient } = newKeyPair(systemRandom)
    const ids = [await slots.addKey(new Secret(keyFile)), await slots.addRecipient(recipient)]
    for (const [name, content] of [
      ['key-file', keyFile],
      ['identity', identity],
    ] as const) {
      await writeFile(join(home, name), `${content}\n`)
      const listed = await runOn({ folder: repository, keyFile: name }, 'list')
      expect(listed).toMatchObject({ code: 0, output: expect.stringContaining(point.id) as string })
    }
    for (const id of ids) await slots.remove(id)
  })

  it('refuses another key, and names the group in which a recovery code is mistyped', async () => {
    const code = await readFile(join(home, 'key'), 'utf8')
    await writeFile(
      join(home, 'key'),
      code.replace(/^./, (symbol) => (symbol === '7' ? '8' : '7')),
    )
    expect(await run('list')).toMatchObject({
      code: 1,
      output: expect.stringContaining('mistyped in group 1') as string,
    })
    await writeFile(join(home, 'key'), 'not the passphrase')
    expect(await run('list')).toMatchObject({ code: 1, output: expect.stringContaining('neither') as string })
  })
})
