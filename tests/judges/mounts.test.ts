// Folders on file systems that others wrote, beside the machine's own: ext4 and XFS on a loop device, and sshfs, a network file system
// with a client's cache, to an SFTP server over a pipe. Mounted for these tests, which takes root. NFS itself cannot be mounted where CI
// runs: its kernel has no NFS client (/proc/filesystems), and Debian has none in user space (docs/decisions/0047).
import { execFileSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type Clock, collect, messageOf } from '@vmkeep/kit'
import { fakeClock } from '@vmkeep/kit/testing'
import { openFolderStorage, type Repository } from '@vmkeep/repository'
import {
  backUp,
  contentOf,
  createTestRepository,
  manifestOf,
  noise,
  reopenTestRepository,
  storageContract,
  testChunkBytes as chunk,
} from '@vmkeep/repository/testing'
import { afterAll, describe, expect, it } from 'vitest'
import { findJudge } from '../../tools/find-judge.ts'
import { judgeTest } from './judge.ts'

/** How long the client of sshfs here may show a folder as it was. */
const staleSeconds = 1

interface Mounted {
  /** The same place as two machines see it. */
  readonly folders: readonly [string, string]
  readonly unmount: () => Promise<void>
}

interface Kind {
  readonly name: string
  readonly judges: readonly string[]
  readonly mount: (home: string) => Promise<Mounted>
}

const onLoopDevice = (type: string): Kind => ({
  name: `${type} on a loop device`,
  judges: [`mkfs.${type}`],
  async mount(home) {
    const [image, folder] = [join(home, 'image'), join(home, 'mounted')]
    await writeFile(image, '')
    await truncate(image, 400 * 1024 * 1024) // sparse; XFS wants 300 MiB
    await mkdir(folder)
    run(findJudge(`mkfs.${type}`)!, '-q', image)
    run('mount', '-o', 'loop', image, folder)
    return { folders: [folder, folder], unmount: async () => run('umount', folder) }
  },
})

const kinds: readonly Kind[] = [
  onLoopDevice('ext4'),
  onLoopDevice('xfs'),
  {
    name: 'sshfs',
    judges: ['sshfs', 'sftp-server'],
    async mount(home) {
      const [server, a, b] = [join(home, 'server'), join(home, 'a'), join(home, 'b')]
      for (const folder of [server, a, b]) await mkdir(folder)
      const pipe = join(home, 'ssh') // in place of ssh: the server itself, on standard input and output
      await writeFile(pipe, `#!/bin/sh\nexec ${findJudge('sftp-server')!}\n`)
      await chmod(pipe, 0o700)
      const options = `ssh_command=${pipe},dcache_timeout=${staleSeconds}`
      const unmount = async () => [a, b].forEach((folder) => run('umount', folder))
      for (const folder of [a, b]) run(findJudge('sshfs')!, '-o', options, `here:${server}`, folder)
      return { folders: [a, b], unmount }
    },
  },
]

const run = (program: string, ...args: string[]): void =>
  void execFileSync(program, args, { stdio: 'pipe', encoding: 'utf8' })

/** Waits for a while where a collection waits for minutes, and for longer than a client here shows what was. */
function shortClock(): Clock {
  const clock = fakeClock()
  return {
    ...clock,
    async sleep(durationMs, signal) {
      await wait(Math.min(durationMs, 2000 * staleSeconds))
      await clock.sleep(durationMs, signal)
    },
  }
}

for (const { name, judges, mount } of kinds) {
  const isHere = judges.every((judge) => findJudge(judge) !== undefined)
  const home = isHere ? await mkdtemp(join(tmpdir(), 'vmkeep-mount-')) : ''
  let mounted: Mounted | undefined
  let why = ''
  if (isHere)
    try {
      mounted = await mount(home)
    } catch (error) {
      why = `${name} cannot be mounted here, which takes root: ${messageOf(error).trim()}`
    }
  afterAll(async () => {
    await mounted?.unmount()
    if (home !== '') await rm(home, { recursive: true })
  })

  judgeTest(`${name} can be mounted`, judges, async (_, context) => {
    if (mounted === undefined && process.env['CI'] !== 'true') context.skip(why)
    expect(why).toBe('')
  })

  describe.skipIf(mounted === undefined)(name, () => {
    storageContract(`a folder on ${name}`, async () =>
      openFolderStorage(await mkdtemp(join(mounted!.folders[0], 's-'))),
    )

    it('holds a repository that two machines write, collect and read', async () => {
      const [here, there] = mounted!.folders.map((folder) => join(folder, 'repository')) as [string, string]
      const clock = shortClock()
      const content = noise(6 * chunk, 'disk')
      await using first = await openFolderStorage(here, { create: true })
      const made = await createTestRepository(first, { clock })
      await using repository = made.repository
      const gone = await backUp(repository, { disk: noise(4 * chunk, 'gone') })
      const point = await backUp(repository, { disk: content })
      await repository.forget(gone.id, { reason: 'a test' })
      await wait(2000 * staleSeconds)
      await using second = await openFolderStorage(there)
      await using other = await reopenTestRepository(second, { seed: 'there', clock })
      const next = await increment(other, point.id, content)
      const report = await other.collect({ graceMs: 0, silentMs: 0, deadShareMax: 0.01 })
      expect(report).toMatchObject({ outcome: 'done' })
      expect(report.bytesFreed).toBeGreaterThan(3 * chunk)
      await wait(2000 * staleSeconds)
      await using again = await reopenTestRepository(first, { seed: 'again', clock })
      expect((await collect(again.points())).map(({ id }) => id)).toEqual([point.id, next])
      expect((await again.verify()).damaged).toEqual([])
      const { images } = await again.point(next)
      expect(Buffer.compare(await contentOf(again, images[0]!.image), content)).toBe(0)
    })
  })
}

/** Changes a chunk of `content`, and backs it up over the point. */
async function increment(repository: Repository, id: string, content: Buffer): Promise<string> {
  noise(chunk, 'changed').copy(content, 2 * chunk)
  const { image: base } = (await repository.point(id)).images[0]!
  await using session = await repository.beginSession()
  const { capacityBytes } = base
  const image = await session.beginImage({ capacityBytes, base: { point: id, image: base }, unwritten: 'inherit' })
  const lease = await image.lease(chunk)
  lease.set(content.subarray(2 * chunk, 3 * chunk))
  await image.write(2 * chunk, lease)
  return (await session.commit(manifestOf({ disk: await image.finish() }))).id
}
