// VMware's library as tests have it: the same functions in C, compiled here. See testing/fake-vix-disk-lib.c.
import { execFile } from 'node:child_process'
import { appendFile, copyFile, mkdir, mkdtemp, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { userCacheFolder } from '@vmkeep/kit'

const run = promisify(execFile)
const sources = join(import.meta.dirname, 'testing')

export interface FakeVddk extends AsyncDisposable {
  readonly folder: string
  /** What `backup.vddk.library` names: holds `lib64`. */
  readonly root: string
  readonly disksFolder: string
  /** More lines for `fake.conf`, for processes that start from now on. */
  configure(settings: Readonly<Record<string, string | number>>): Promise<void>
  /** What libvixMntapi says of every guest, for processes that start from now on: lines of `guest.conf`. */
  guest(settings: Readonly<Record<string, string | number>>): Promise<void>
  /** `function nth action [code]`, for calls from now on. */
  rules(...rules: readonly string[]): Promise<void>
  /** What the library was asked for, each with its thread. */
  calls(): Promise<readonly { readonly thread: number; readonly call: string }[]>
  /** The file behind a disk. */
  fileOf(path: string): string
}

/** Why the library cannot be made here. In CI it must be: there nothing is left out. */
export async function whyNoFakeVddk(): Promise<string | undefined> {
  try {
    await run('cc', ['--version'])
    return undefined
  } catch {
    if (process.env['CI'] === 'true') throw new Error('no C compiler (cc), and nothing is skipped in CI')
    return 'no C compiler (cc) on this machine'
  }
}

/** Unpacks a make-believe VDDK into a folder that goes with it. Compiled once per version of its source. */
export async function temporaryFake(majorVersion: 7 | 8 | 9 = 8): Promise<FakeVddk> {
  const built = await build(majorVersion)
  const folder = await mkdtemp(join(tmpdir(), 'vmkeep-vddk-'))
  const [root, disksFolder] = [join(folder, 'vmware-vix-disklib-distrib'), join(folder, 'disks')]
  const lib = join(root, 'lib64')
  await mkdir(lib, { recursive: true })
  await mkdir(disksFolder, { recursive: true })
  const full = `libvixDiskLib.so.${majorVersion}.0.1`
  await copyFile(join(built, 'disklib.so'), join(lib, full))
  await symlink(full, join(lib, `libvixDiskLib.so.${majorVersion}`))
  for (const name of ['libcrypto.so.3', 'libdiskLibPlugin.so']) await copyFile(join(built, name), join(lib, name))
  await copyFile(join(built, 'mntapi.so'), join(lib, `libvixMntapi.so.${majorVersion}`))
  await writeFile(join(lib, 'libstdc++.so.6'), 'older than what Node needs')
  const files = { log: join(folder, 'calls.log'), rules: join(folder, 'rules') }
  const conf = join(root, 'fake.conf')
  await writeFile(conf, `disks=${disksFolder}\nlog=${files.log}\nrules=${files.rules}\n`)
  return {
    folder,
    root,
    disksFolder,
    configure: (settings) => appendFile(conf, linesOf(settings)),
    guest: (settings) => writeFile(join(root, 'guest.conf'), linesOf(settings)),
    rules: (...rules) => writeFile(files.rules, rules.map((rule) => `${rule}\n`).join('')),
    calls: async () =>
      (await readFile(files.log, 'utf8').catch(() => ''))
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => ({ thread: Number.parseInt(line), call: line.slice(line.indexOf(' ') + 1) })),
    fileOf: (path) => join(disksFolder, path.replaceAll(/[^A-Za-z0-9.-]/g, '_')),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

const linesOf = (settings: Readonly<Record<string, string | number>>): string =>
  Object.entries(settings)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')

async function build(majorVersion: number): Promise<string> {
  const names = ['fake-abi.h', 'fake-vix-disk-lib.c', 'fake-vix-mntapi.c', 'fake-crypto.c', 'fake-plugin.c']
  const texts = await Promise.all(names.map((name) => readFile(join(sources, name))))
  const key = createHash('sha256').update(Buffer.concat(texts)).digest('hex').slice(0, 16)
  const folder = userCacheFolder('fake-vddk', `${key}-${majorVersion}`)
  if (await isThere(folder)) return folder
  const draft = `${folder}.${process.pid}.${performance.now()}`
  await mkdir(draft, { recursive: true })
  const cc = (output: string, source: string, ...more: string[]) =>
    run('cc', [
      '-O1',
      '-Wall',
      '-Werror',
      '-shared',
      '-fPIC',
      '-pthread',
      '-o',
      join(draft, output),
      join(sources, source),
      ...more,
    ])
  await cc('libcrypto.so.3', 'fake-crypto.c', '-Wl,-soname,libcrypto.so.3')
  const crypto = join(draft, 'libcrypto.so.3')
  await cc('libdiskLibPlugin.so', 'fake-plugin.c', crypto)
  const name = `-Wl,-soname,libvixDiskLib.so.${majorVersion}`
  await cc('disklib.so', 'fake-vix-disk-lib.c', crypto, `-DVERSION=${majorVersion}`, name, '-ldl')
  await cc('mntapi.so', 'fake-vix-mntapi.c')
  await rename(draft, folder).catch(async (error: unknown) => {
    if (!(await isThere(folder))) throw error // another process was first
  })
  return folder
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )
