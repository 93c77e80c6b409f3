// The lock helper for real: as root, with chattr, on a file system that has it. Elsewhere it is skipped, and says why.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { collect, systemClock } from '@vmkeep/kit'
import { openFolderStorage, validateLock } from '@vmkeep/repository'
import {
  backUp,
  contentOf,
  createTestRepository,
  noise,
  objectLockContract,
  reopenTestRepository,
} from '@vmkeep/repository/testing'
import { afterAll, describe, expect, it } from 'vitest'
import { realSurroundings } from '../../apps/cli/src/lock-helper.ts'

const root = join(import.meta.dirname, '..', '..')
const home = await mkdtemp(join(tmpdir(), 'vmkeep-folder-lock-'))

/** Why nothing can be locked here. */
async function whyNot(): Promise<string | undefined> {
  const path = join(home, 'probe')
  await writeFile(path, 'x')
  try {
    await realSurroundings.setImmutable(path, true)
    const why = (await realSurroundings.isImmutable(path)) ? undefined : 'chattr +i does nothing here'
    await realSurroundings.setImmutable(path, false)
    return why
  } catch (error) {
    return `chattr +i is not possible here: ${(error as Error).message.trim()}`
  }
}
const why = await whyNot()
if (why !== undefined) it.skip(`a folder with the lock helper: ${why}`, () => {})

interface Helped extends AsyncDisposable {
  readonly folder: string
  readonly socket: string
}

let helpers = 0
const helped: Helped[] = []

async function startHelper(): Promise<Helped> {
  const place = join(home, `helper-${helpers++}`)
  const [folder, socket] = [join(place, 'repository'), join(place, 'socket')]
  await mkdir(folder, { recursive: true })
  const args = ['apps/cli/src/lock-helper.ts', folder, socket, join(place, 'state')]
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  const closed = once(child, 'close')
  const stop = async () => {
    child.kill()
    await closed
  }
  const found = { folder, socket, [Symbol.asyncDispose]: stop }
  helped.push(found)
  return found
}

describe.skipIf(why !== undefined)('a folder with the lock helper', () => {
  afterAll(async () => {
    for (const each of helped) {
      await each[Symbol.asyncDispose]()
      await free(each.folder)
    }
    await rm(home, { recursive: true })
  })

  objectLockContract('a folder', {
    async open() {
      const { folder, socket } = await startHelper()
      return await openFolderStorage(folder, { lockSocket: socket })
    },
    mode: 'governance',
    nowMs: Date.now,
  })

  it('keeps a repository from whoever may write to it, and gives it back', async () => {
    await using helper = await startHelper()
    await using storage = await openFolderStorage(helper.folder, { lockSocket: helper.socket })
    const checks = await validateLock(storage, 'governance')
    expect(checks.map(({ outcome }) => outcome)).toEqual(checks.map(() => 'passed'))
    expect(await storage.lock!.whyNot('compliance')).toContain('root can always lift')
    const disk = noise(300_000, 1)
    const lock = { days: 1, mode: 'governance' } as const
    await using test = await createTestRepository(storage, { lock, clock: systemClock })
    const point = await backUp(test.repository, { disk })
    expect(point.lockedUntil).toBeDefined()
    for (const { key } of await collect(storage.list(''))) {
      const refused = await storage.delete(key).then(
        () => undefined,
        (error: unknown) => error,
      )
      if (/^(format|keys|packs|index|points)/.test(key)) expect(refused, key).toMatchObject({ code: 'storage.locked' })
    }
    await rm(helper.folder, { recursive: true }).catch(() => {}) // and whatever else an attacker may try
    await using again = await reopenTestRepository(storage)
    const found = await again.point(point.id)
    expect(disk.equals(await contentOf(again, found.images[0]!.image))).toBe(true)
  })

  it('says what is missing where no helper answers', async () => {
    const folder = join(home, 'alone')
    await using storage = await openFolderStorage(folder, { create: true, lockSocket: join(home, 'nobody') })
    expect(await storage.lock!.whyNot('governance')).toContain('no lock helper answers')
    const lock = { days: 1, mode: 'governance' } as const
    await expect(createTestRepository(storage, { lock })).rejects.toMatchObject({ code: 'storage.no-lock' })
  })
})

/** Nothing else may undo what the tests lock. */
async function free(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  for (const entry of entries)
    if (entry.isFile()) await realSurroundings.setImmutable(join(entry.parentPath, entry.name), false)
}
