// A disk that is really full: a small tmpfs, mounted for one test. No other fault shows what the kernel does half-way through a write.
import { execFileSync } from 'node:child_process'
import { rmSync, statfsSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { messageOf } from '@vmkeep/kit'
import { test, type TestContext } from 'vitest'

export interface SmallDisk extends AsyncDisposable {
  readonly folder: string
  /** Takes all that is left but about `leaveBytes`, as another program would. */
  fill(leaveBytes?: number): void
  freeBytes(): number
  /** Gives back what `fill` took. */
  free(): void
  /** Makes the disk itself larger. */
  grow(sizeMiB: number): void
}

/**
 * A test that needs disks which really fill up. Mounting takes root: where it is not allowed the test is skipped with the reason,
 * but fails where `CI=true`.
 */
export function smallDiskTest(
  name: string,
  sizesMiB: readonly number[],
  check: (...disks: SmallDisk[]) => Promise<void>,
): void {
  test(name, async (context) => {
    await using mounted = new AsyncDisposableStack()
    const disks: SmallDisk[] = []
    for (const sizeMiB of sizesMiB) disks.push(mounted.use(await mountSmallDisk(sizeMiB, context)))
    await check(...disks)
  })
}

async function mountSmallDisk(sizeMiB: number, context: TestContext): Promise<SmallDisk> {
  const folder = await mkdtemp(join(tmpdir(), 'vmkeep-small-disk-'))
  try {
    system('mount', '-t', 'tmpfs', '-o', `size=${sizeMiB}m`, 'vmkeep-test', folder)
  } catch (error) {
    await rm(folder, { recursive: true })
    absent(messageOf(error), context)
  }
  const filler = join(folder, 'somebody-elses-file')
  return {
    folder,
    fill: (leaveBytes = 0) => fill(folder, filler, leaveBytes),
    freeBytes: () => freeBytesOf(folder),
    free: () => rmSync(filler),
    grow: (size) => system('mount', '-o', `remount,size=${size}m`, folder),
    async [Symbol.asyncDispose]() {
      system('umount', folder)
      await rm(folder, { recursive: true })
    },
  }
}

function absent(why: string, context: TestContext): never {
  const reason = `no small tmpfs can be mounted here, which takes root: ${why.trim()}`
  if (process.env['CI'] === 'true') throw new Error(reason)
  return context.skip(reason)
}

const system = (program: 'mount' | 'umount', ...args: string[]) =>
  execFileSync(program, args, { stdio: 'pipe', encoding: 'utf8' })

function fill(folder: string, filler: string, leaveBytes: number): void {
  writeFileSync(filler, Buffer.alloc(Math.max(0, freeBytesOf(folder) - leaveBytes), 1), { flag: 'a' })
}

function freeBytesOf(folder: string): number {
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize
}
