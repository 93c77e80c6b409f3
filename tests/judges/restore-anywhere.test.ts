// tools/restore-anywhere.mjs was written from docs/formats/repository.md alone: if it restores what we stored, the document is enough.
import { execFile } from 'node:child_process'
import { copyFile, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { collect } from '@vmkeep/kit'
import { openFolderStorage, type RestorePoint } from '@vmkeep/repository'
import { backUp, createTestRepository, noise } from '@vmkeep/repository/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

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

const run = (...args: string[]) =>
  new Promise<{ code: number; output: string }>((resolve) => {
    const program = [join(home, 'restore-anywhere.mjs'), repository, ...args, '--key-file', join(home, 'key')]
    execFile(process.execPath, program, { cwd: home, env: {} }, (error, stdout, stderr) =>
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

  it('refuses another key', async () => {
    await writeFile(join(home, 'key'), 'not the passphrase')
    expect(await run('list')).toMatchObject({ code: 1, output: expect.stringContaining('neither') as string })
  })
})
