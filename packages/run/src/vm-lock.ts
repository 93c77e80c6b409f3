import { mkdir, open, readFile, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { fail } from './errors.ts'
import { isAlive, type ProcessOwner, thisProcess } from './process-owner.ts'

interface LockFile {
  readonly runId: string
  readonly owner: ProcessOwner
}

/**
 * One run at a time works on a VM: two would remove each other's snapshots. Held until disposed; a dead process's lock is taken over.
 *
 * @throws `run.vm-busy`
 */
export async function lockVm(
  stateFolder: string,
  vm: { readonly name: string; readonly uuid: string },
  runId: string,
): Promise<AsyncDisposable> {
  const folder = join(stateFolder, 'locks')
  const path = join(folder, vm.uuid.toLowerCase())
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const mine: LockFile = { runId, owner: await thisProcess() }
  while (!(await createLock(path, mine))) {
    const holder = await readLock(path)
    if (holder !== undefined && (await isAlive(holder.owner)))
      throw fail('run.vm-busy', { vm: vm.name, runId: holder.runId, pid: holder.owner.pid })
    await unlink(path).catch(() => {}) // its process is gone; somebody else may have cleared it first
  }
  return { [Symbol.asyncDispose]: () => unlink(path).catch(() => {}) }
}

async function createLock(path: string, lock: LockFile): Promise<boolean> {
  try {
    await using file = await open(path, 'wx', 0o600)
    await file.writeFile(JSON.stringify(lock))
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw fail('run.state-unusable', { folder: path }, error)
  }
}

async function readLock(path: string): Promise<LockFile | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as LockFile
  } catch {
    return undefined // gone, or its writer died before the first byte
  }
}
