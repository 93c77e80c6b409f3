import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { link, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { type ProcessOwner, pidSpace, seededRandom, thisProcess } from '@vmkeep/kit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { giveName } from './give-name.ts'
import { NewFile } from './new-file.ts'
import { findPartialFiles, removeDeadPartialFiles } from './partial-files.ts'
import { parsePartialName, partialName, shortened } from './partial-name.ts'

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vmkeep-new-file-'))
  path = join(folder, 'disk.raw')
})
afterEach(() => rm(folder, { recursive: true }))

const random = seededRandom('partial')
const text = (words: string) => Buffer.from(words)

describe('a new file', () => {
  it('has its name only when it is published, and then no other', async () => {
    await using file = await NewFile.create(path)
    await file.write(3, text('defg'))
    await file.write(0, text('abc'))
    expect(await readdir(folder)).toEqual([expect.stringMatching(/^disk\.raw\..*\.partial$/)])
    await file.publish()
    await file[Symbol.asyncDispose]()
    expect(await readdir(folder)).toEqual(['disk.raw'])
    expect(await readFile(path, 'utf8')).toBe('abcdefg')
  })

  it('reads back what is written, zeroes in its gaps, and nothing beyond its end', async () => {
    await using file = await NewFile.create(path)
    await file.resize(6)
    await file.write(2, text('ab'))
    const target = Buffer.alloc(6, 0xee)
    await file.read(0, target)
    expect(target).toEqual(text('\0\0ab\0\0'))
    await expect(file.read(1, target)).rejects.toMatchObject({ code: 'disk.short-read', details: { missingBytes: 1 } })
  })

  it('holds what was written whole, though it is brought to the disk while more is written', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(200), { maxLength: 30 }),
        fc.integer({ min: 1, max: 500 }),
        async (sizes, behindBytes) => {
          await using file = await NewFile.create(path, { behindBytes })
          const expected = Buffer.alloc(
            sizes.reduce((sum, size) => sum + size, 0),
            'some words',
          )
          let atBytes = 0
          const pieces = sizes.map((size) => ({
            offsetBytes: atBytes,
            bytes: expected.subarray(atBytes, (atBytes += size)),
          }))
          await Promise.all(pieces.map(({ offsetBytes, bytes }) => file.write(offsetBytes, bytes)))
          await file.publish()
          expect(await readFile(path)).toEqual(expected)
          await rm(path)
        },
      ),
      { numRuns: 20 },
    ))

  it('leaves nothing when it is abandoned', async () => {
    const file = await NewFile.create(path)
    await file.write(0, text('half'))
    await file[Symbol.asyncDispose]()
    await file[Symbol.asyncDispose]()
    expect(await readdir(folder)).toEqual([])
  })

  it.each([
    ['a file', () => writeFile(path, 'theirs')],
    ['a broken symbolic link', () => symlink('nowhere', path)],
  ])('is refused where %s has its name', async (_, make) => {
    await make()
    await expect(NewFile.create(path)).rejects.toMatchObject({ code: 'EEXIST', path })
    expect(await readdir(folder)).toEqual(['disk.raw'])
  })

  it('of two writers at once belongs to the first who is done; the other one fails, and leaves nothing', async () => {
    await using first = await NewFile.create(path)
    await using second = await NewFile.create(path)
    await Promise.all([first.write(0, text('first')), second.write(0, text('second'))])
    await second.publish()
    await expect(first.publish()).rejects.toMatchObject({ code: 'EEXIST', path })
    await first[Symbol.asyncDispose]()
    expect(await readdir(folder)).toEqual(['disk.raw'])
    expect(await readFile(path, 'utf8')).toBe('second')
  })

  it('never gets its name after a failed write', async ({ skip }) => {
    await using file = await NewFile.create(path, { errorOf: (error, where) => new Error(`${error.code} ${where}`) })
    const outcome = await file.write(Number.MAX_SAFE_INTEGER - 1, text('x')).catch((error: unknown) => error)
    if (outcome === undefined) skip('this file system takes files of any size')
    expect(outcome).toMatchObject({ message: `EFBIG ${path}` })
    await expect(file.publish()).rejects.toBe(outcome)
    await file[Symbol.asyncDispose]()
    expect(await readdir(folder)).toEqual([])
  })

  it('is taken back, but not what somebody else has put in its place', async () => {
    for (const theirs of [false, true]) {
      await using file = await NewFile.create(path)
      await file.publish()
      if (theirs) {
        await rm(path)
        await writeFile(path, 'theirs')
      }
      await file.retract()
      expect(await readdir(folder)).toEqual(theirs ? ['disk.raw'] : [])
    }
  })

  it('turns what fails into the error of its caller', async () => {
    const errorOf = (error: NodeJS.ErrnoException, where: string) => new Error(`${error.code} at ${where}`)
    const nowhere = join(folder, 'none', 'disk.raw')
    await expect(NewFile.create(nowhere, { errorOf })).rejects.toThrow(`ENOENT at ${nowhere}`)
  })
})

describe('a partial file', () => {
  const leave = async (owner: ProcessOwner, space: string | undefined, wholeName = 'disk.raw') => {
    const name = partialName({ wholeName, owner, space }, random)
    await writeFile(join(folder, name), 'half')
    return name
  }
  const deadProcess = async (): Promise<ProcessOwner> => {
    const child = spawn(process.execPath, ['-e', ''], { stdio: 'ignore' })
    await once(child, 'exit')
    return { pid: child.pid!, startTicks: 1 }
  }

  it.runIf(existsSync('/proc/self/ns/pid'))(
    'of a dead process is removed when the same file is written again; others stay',
    async () => {
      const [here, dead] = [await pidSpace(), await deadProcess()]
      await leave(dead, here)
      const kept = [
        await leave(await thisProcess(), here), // alive
        await leave(dead, 'b007b007b007'), // before the last start, or elsewhere
        await leave(dead, undefined),
        await leave(dead, here, 'other.raw'),
      ]
      const notOfAProcess = `disk.raw.0-2-${here}-00000000.partial`
      for (const name of ['disk.raw.partial', 'disk.raw.1-2-3.partial', notOfAProcess])
        await writeFile(join(folder, name), 'not ours')
      await using file = await NewFile.create(path)
      await file.publish()
      expect((await readdir(folder)).toSorted()).toEqual(
        [...kept, 'disk.raw', 'disk.raw.partial', 'disk.raw.1-2-3.partial', notOfAProcess].toSorted(),
      )
      expect((await findPartialFiles(folder, 'disk.raw')).map(({ state }) => state).toSorted()).toEqual([
        'alive',
        'unknown',
        'unknown',
      ])
      expect(await removeDeadPartialFiles(folder)).toHaveLength(3)
      expect(await findPartialFiles(join(folder, 'none'))).toEqual([])
    },
  )

  it('tells by its name what it is to become and who writes it, for any name, and is never too long', () =>
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', minLength: 1, maxLength: 300 }),
        fc.integer({ min: 1, max: 2 ** 22 }),
        fc.nat(),
        (wholeName, pid, startTicks) => {
          const owner = { pid, startTicks }
          for (const space of ['0123456789ab', undefined]) {
            const name = partialName({ wholeName, owner, space }, random)
            expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255)
            expect(parsePartialName(name)).toEqual({ wholeName: shortened(wholeName), owner, space })
          }
        },
      ),
    ))
})

describe('a file gets its name', () => {
  const refused = (code: string) => async () => {
    throw Object.assign(new Error(code), { code })
  }
  const from = () => join(folder, 'from')

  it('by a rename where there are no links, never over another file', async () => {
    await writeFile(from(), 'ours')
    await giveName(from(), path, refused('EPERM'))
    expect(await readFile(path, 'utf8')).toBe('ours')
    await writeFile(from(), 'ours again')
    await expect(giveName(from(), path, refused('EPERM'))).rejects.toMatchObject({ code: 'EEXIST', path })
    expect(await readFile(path, 'utf8')).toBe('ours')
  })

  it('also when the answer of the first try was lost and the second one finds it there', async () => {
    await writeFile(from(), 'ours')
    await giveName(from(), path, async (...names) => {
      await link(...names)
      await link(...names)
    })
    expect(await readdir(folder)).toEqual(['disk.raw'])
  })

  it('not if anything else fails', async () => {
    await writeFile(from(), 'ours')
    await expect(giveName(from(), path, refused('EIO'))).rejects.toMatchObject({ code: 'EIO' })
    expect(await readdir(folder)).toEqual(['from'])
  })
})
