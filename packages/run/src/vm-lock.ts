// A VM's lock: a symbolic link that leads nowhere; where it leads to says who holds it.
//
//   <state folder>/locks/<vm uuid>               → {"work":"run 0123…","owner":{"pid":…}}
//   <state folder>/locks/<vm uuid>.<record id>   the same, on the right to replace that dead record
//
// Why a link and no file: symlink(2) makes name and content in one step, and only where there is none. Nobody reads half a
// record, no power cut leaves an empty one, and there is no temporary file that a kill could leave behind.
//
// Why only one wins a dead process's lock. To judge a record dead and then remove the name is two steps: in between another
// taker may have put its own, live record there. So whoever wants to replace the dead record D first takes the claim that is
// named after D; claims are locks themselves, made by the same symlink(2), so one process has it. Only then it looks again:
// - D is still there: D's process is dead and nobody else has its claim, so nobody else changes the name any more. The
//   claim, which is our record already, is renamed over D: one step that takes the lock and gives the claim up.
// - D is gone: somebody was faster. The claim is given up, and everything starts over with the record that is there now.
// A taker that is killed in between leaves a claim, a lock of a dead process like any other: it is taken over in the same way.
// No record comes back after it was replaced, because its process is dead; so a slow taker can't mistake a new one for it.
import { createHash } from 'node:crypto'
import { mkdir, readlink, rename, symlink, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '@vmkeep/kit'
import { fail } from './errors.ts'
import { isAlive, isProcessOwner, type ProcessOwner, thisProcess } from './process-owner.ts'

interface Holder {
  /** What it does with the VM, for the one who has to wait: `run 0123456789ab`. */
  readonly work: string
  readonly owner: ProcessOwner
}

/**
 * One process at a time works on a VM: two would remove each other's snapshots, or merge the disks that the other one reads.
 * Held until disposed; a dead process's lock is taken over.
 *
 * @param work who is at work, for the message that others get: `run 0123456789ab`
 * @throws `run.vm-busy`, `run.state-unusable`
 */
export async function lockVm(
  stateFolder: string,
  vm: { readonly name: string; readonly uuid: string },
  work: string,
): Promise<AsyncDisposable> {
  const path = join(stateFolder, 'locks', vm.uuid.toLowerCase())
  const mine = JSON.stringify({ work, owner: await thisProcess() } satisfies Holder)
  const rival = await makeFolder(join(stateFolder, 'locks'))
    .then(() => take(path, mine))
    .catch((error: unknown) => {
      throw fail('run.state-unusable', { folder: stateFolder, why: messageOf(error) }, error)
    })
  if (rival !== undefined) throw fail('run.vm-busy', { vm: vm.name, work: rival.work, pid: rival.owner.pid })
  return { [Symbol.asyncDispose]: () => release(path, mine) }
}

const makeFolder = (folder: string) => mkdir(folder, { recursive: true, mode: 0o700 })

/** Puts our record at `path`, or tells whose is there and lives. */
async function take(path: string, mine: string): Promise<Holder | undefined> {
  while (!(await create(path, mine))) {
    const found = await read(path)
    if (found === undefined) continue // let go of meanwhile
    const holder = parse(found)
    if (holder !== undefined && (await isAlive(holder.owner))) return holder
    const claim = `${path}.${idOf(found)}`
    const rival = await take(claim, mine)
    if (rival !== undefined) return rival
    if (await replaced(path, found, claim)) return undefined
  }
  return undefined
}

/** With the claim in hand: renames it over the dead record, if that is still there, or gives it up. */
async function replaced(path: string, dead: string, claim: string): Promise<boolean> {
  try {
    if ((await read(path)) === dead) {
      await rename(claim, path)
      return true
    }
    await unlink(claim)
    return false
  } catch (error) {
    await unlink(claim).catch(() => {})
    throw error
  }
}

async function create(path: string, record: string): Promise<boolean> {
  try {
    await symlink(record, path)
    return true
  } catch (error) {
    if (hasErrno(error, 'EEXIST')) return false
    throw error
  }
}

/** The record at `path`. What is no link was not made by us and names nobody: an empty record. */
async function read(path: string): Promise<string | undefined> {
  try {
    return await readlink(path)
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return undefined
    if (hasErrno(error, 'EINVAL')) return ''
    throw error
  }
}

function parse(record: string): Holder | undefined {
  try {
    const { work, owner } = JSON.parse(record) as Partial<Holder>
    return isProcessOwner(owner) ? { work: String(work), owner } : undefined
  } catch {
    return undefined
  }
}

/** Only our own record is removed: whoever took it for a dead one's has the VM now. */
async function release(path: string, mine: string): Promise<void> {
  if ((await read(path).catch(() => undefined)) === mine) await unlink(path).catch(() => {})
}

const idOf = (record: string) => createHash('sha256').update(record).digest('hex').slice(0, 16)
const hasErrno = (error: unknown, code: string) => (error as NodeJS.ErrnoException).code === code
