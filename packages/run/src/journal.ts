// A run's journal: what it is about to make in vSphere and what it has taken away again.
//
//   <state folder>/journal/<runId>.jsonl        one JSON object a line, appended and fsynced before the deed
//
// Invariants: a line is on disk before vSphere is asked. A torn last line was never acted on. The file goes when nothing is
// outstanding; while its process lives, nobody else touches what it lists.
import { type FileHandle, mkdir, open, readdir, readFile, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { messageOf } from '@vmkeep/kit'
import type { AttachedDisk } from '@vmkeep/vsphere'
import { fail } from './errors.ts'
import type { Marker, TakenBy } from './marker.ts'
import { isAlive, type ProcessOwner, thisProcess } from './process-owner.ts'

/** Something of ours in vSphere that must not stay; or what a script of the admin's may have frozen for us. */
export interface Leftover {
  readonly kind: 'snapshot' | 'vm' | 'vm-home' | 'disk' | 'loose-disk' | 'frozen' | 'hold'
  /** Which vCenter or ESXi host, see {@link endpointIdOf}. */
  readonly endpointId: string
  readonly vmName: string
  /** Managed object reference of the VM that the snapshot is of. Absent in journals of older versions, and for a VM, which has none yet. */
  readonly vmRef?: string
  readonly marker: Marker
  /** Managed object reference once vSphere has told it: of the snapshot, or of the half-restored VM. */
  readonly ref?: string
  /** For a disk of the VM that is attached to another one: where it hangs, and what proves that it is this one. */
  readonly attachment?: LeftAttachment
  /** For a whole disk on its way from a VM of ours to the VM `vmName`: no VM may have it. References of its datacenter and of that VM. */
  readonly loose?: { readonly path: string; readonly datacenter: string; readonly target: string }
  /** For a half-restored VM that is out of the inventory for a while. */
  readonly home?: LeftHome
  /** For a VM that is kept from being relocated. */
  readonly hold?: LeftHold
  /** For what a script has brought to rest before the snapshot: the script that was to end that, and where it runs. */
  readonly thaw?: { readonly script: string; readonly where: 'host' | 'guest' }
}

/** Where a VM of ours lies, and what was put beside it that vSphere may not know of. References as of the endpoint. */
export interface LeftHome {
  readonly vmxPath: string
  /** `[datastore] folder/name`, of ours as long as the VM carries our marker. */
  readonly files: readonly string[]
  readonly datacenter: string
  readonly folder: string
  readonly pool: string
  readonly host: string
  /** The run whose snapshot the VM has once it is whole. */
  readonly snapshotOf: TakenBy
}

/** RelocateVM_Task of a VM is disabled: by whose name, and which of VMware's libraries can enable it again. */
export interface LeftHold {
  readonly identity: string
  readonly library: string
  readonly configFile?: string | undefined
}

export interface LeftAttachment extends AttachedDisk {
  readonly proxy: { readonly ref: string; readonly name: string; readonly instanceUuid: string }
}

type Line =
  | { readonly type: 'run'; readonly runId: string; readonly owner: ProcessOwner }
  | ({ readonly type: 'intended' } & Leftover & { readonly id: number })
  | { readonly type: 'created'; readonly id: number; readonly ref: string }
  | { readonly type: 'gone'; readonly id: number }

/** Journals that this process has open. One it has closed with something outstanding is for the janitor, though the process lives. */
const openHere = new Set<string>()

export class Journal implements AsyncDisposable {
  readonly runId: string
  readonly #path: string
  readonly #file: FileHandle
  readonly #outstanding = new Set<number>()
  #nextId = 1
  #isTorn = false
  #closed = false
  #tail: Promise<void> = Promise.resolve()

  private constructor(runId: string, path: string, file: FileHandle) {
    this.runId = runId
    this.#path = path
    this.#file = file
  }

  /** The file. */
  get path(): string {
    return this.#path
  }

  static async start(stateFolder: string, runId: string): Promise<Journal> {
    const folder = join(stateFolder, 'journal')
    const path = join(folder, `${runId}.jsonl`)
    const file = await orUnusable(stateFolder, async () => {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      return await open(path, 'ax', 0o600)
    })
    const journal = new Journal(runId, path, file)
    openHere.add(path)
    try {
      await journal.#append({ type: 'run', runId, owner: await thisProcess() })
      await orUnusable(stateFolder, () => syncFolder(folder))
      return journal
    } catch (error) {
      await journal[Symbol.asyncDispose]() // nothing is outstanding, and a file that does not say whose it is would stay for ever
      throw error
    }
  }

  /** Records what is about to be made. Durable when it resolves. @throws `run.state-unusable`: then it must not be made */
  async intend(leftover: Omit<Leftover, 'ref'>): Promise<JournalEntry> {
    const id = this.#nextId++
    await this.#append({ type: 'intended', id, ...leftover })
    this.#outstanding.add(id)
    return {
      created: (ref) => this.#append({ type: 'created', id, ref }),
      gone: async () => {
        await this.#append({ type: 'gone', id })
        this.#outstanding.delete(id)
      },
    }
  }

  /** Closes the journal. The file stays if something is outstanding: the next start's janitor needs it. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#tail
    await this.#file.close()
    openHere.delete(this.#path)
    if (this.#outstanding.size === 0) await unlink(this.#path)
  }

  async #append(line: Line): Promise<void> {
    const write = this.#tail.then(async () => {
      await this.#file.appendFile(`${this.#isTorn ? '\n' : ''}${JSON.stringify(line)}\n`)
      await this.#file.datasync()
    })
    this.#tail = write.then(
      () => void (this.#isTorn = false),
      () => void (this.#isTorn = true), // its caller gets the failure; the next line still has its turn, and a line of its own
    )
    await orUnusable(dirname(dirname(this.#path)), () => write)
  }
}

export interface JournalEntry {
  /** vSphere has made it and named it. */
  readonly created: (ref: string) => Promise<void>
  /** It is no longer there. */
  readonly gone: () => Promise<void>
}

export interface PastRun {
  readonly runId: string
  readonly path: string
  readonly owner: ProcessOwner
  readonly alive: boolean
  readonly outstanding: readonly Leftover[]
}

/**
 * Every run that has left a journal, its own process's included, oldest first.
 *
 * @throws `run.state-unusable` for a journal that cannot be read: what it lists would stay in vSphere and nobody would know
 */
export async function readJournals(stateFolder: string): Promise<PastRun[]> {
  const folder = join(stateFolder, 'journal')
  const runs = await orUnusable(stateFolder, async () => {
    const names = (await unlessMissing(readdir(folder))) ?? []
    return Promise.all(names.filter((name) => name.endsWith('.jsonl')).map((name) => readRun(join(folder, name))))
  })
  return runs.filter((run) => run !== undefined).toSorted((a, b) => a.runId.localeCompare(b.runId))
}

async function readRun(path: string): Promise<PastRun | undefined> {
  const text = await unlessMissing(readFile(path, 'utf8')) // gone meanwhile: its run has just finished
  const lines = (text ?? '').split('\n').flatMap(parseLine)
  const first = lines[0]
  if (first?.type !== 'run') return undefined
  const open = new Map<number, Leftover>()
  for (const line of lines) apply(open, line)
  return {
    runId: first.runId,
    path,
    owner: first.owner,
    alive: first.owner.pid === process.pid ? openHere.has(path) : await isAlive(first.owner),
    outstanding: [...open.values()],
  }
}

function apply(open: Map<number, Leftover>, line: Line): void {
  if (line.type === 'intended') open.set(line.id, line)
  if (line.type === 'gone') open.delete(line.id)
  const intended = line.type === 'created' ? open.get(line.id) : undefined
  if (line.type === 'created' && intended !== undefined) open.set(line.id, { ...intended, ref: line.ref })
}

function parseLine(text: string): Line[] {
  try {
    return [JSON.parse(text) as Line]
  } catch {
    return [] // a torn line: the deed it announces was never done
  }
}

async function unlessMissing<T>(reading: Promise<T>): Promise<T | undefined> {
  return reading.catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    return undefined
  })
}

async function orUnusable<T>(stateFolder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw fail('run.state-unusable', { folder: stateFolder, why: messageOf(error) }, error)
  }
}

async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, 'r')
  await handle.sync()
}
