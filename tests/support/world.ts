// A lab, a session, a repository in a temporary folder, and the few words a journey needs. Everything is real but vSphere.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BackupOptions, runBackup, type RunReport } from '@vmkeep/backup'
import { plainOptions } from '@vmkeep/backup/testing'
import { type DiskReader, whole } from '@vmkeep/disk'
import { type Clock, collect, Secret, systemClock } from '@vmkeep/kit'
import { type Lab, type LabOptions, startLab } from '@vmkeep/lab'
import { createRepository, openFolderStorage, type Repository } from '@vmkeep/repository'
import { type RunEvent, type VmPoint, vmPointOf } from '@vmkeep/run'
import { listVms, openSession, type Session } from '@vmkeep/vsphere'
import { expect } from 'vitest'

export const passphrase = new Secret('correct horse battery staple')
/** Weak on purpose: tests open many repositories. */
const fastKdf = { memoryKiB: 1024, passes: 1, parallelism: 1 }

export const options = plainOptions

/** Waits a twentieth: what retries is retried, and a test does not wait for it. */
const hastyClock: Clock = { ...systemClock, sleep: (durationMs, signal) => systemClock.sleep(durationMs / 20, signal) }

/** Where things lie that do not go into the world's own folder. */
export interface WorldFolders {
  readonly repositoryFolder?: string
  readonly stateFolder?: string
}

export class World implements AsyncDisposable {
  readonly lab: Lab
  readonly session: Session
  readonly repository: Repository
  readonly folder: string
  readonly stateFolder: string
  readonly events: RunEvent[] = []
  readonly #made: AsyncDisposableStack

  private constructor(
    parts: Pick<World, 'lab' | 'session' | 'repository' | 'folder' | 'stateFolder'>,
    made: AsyncDisposableStack,
  ) {
    this.lab = parts.lab
    this.session = parts.session
    this.repository = parts.repository
    this.folder = parts.folder
    this.stateFolder = parts.stateFolder
    this.#made = made
  }

  static async start(labOptions: LabOptions, { repositoryFolder, stateFolder }: WorldFolders = {}): Promise<World> {
    await using made = new AsyncDisposableStack()
    const folder = await mkdtemp(join(tmpdir(), 'vmkeep-journey-'))
    made.defer(() => rm(folder, { recursive: true, force: true }))
    const lab = made.use(await startLab(labOptions))
    const session = made.use(await openLabSession(lab))
    const storage = await openFolderStorage(repositoryFolder ?? join(folder, 'repository'), { create: true })
    const { repository } = await createRepository(storage, { passphrase, kdf: fastKdf })
    made.use(repository)
    const parts = { lab, session, repository, folder, stateFolder: stateFolder ?? join(folder, 'state') }
    return new World(parts, made.move())
  }

  async backup(
    vms: readonly string[],
    change: Partial<BackupOptions> = {},
    hooks: BackupHooks = {},
  ): Promise<RunReport> {
    const all = await collect(listVms(this.session))
    const chosen = vms.map((name) => all.find((vm) => vm.name === name)!)
    return runBackup({
      session: hooks.session ?? this.session,
      repository: this.repository,
      vms: chosen,
      options: { ...options, ...change },
      stateFolder: this.stateFolder,
      onEvent: (event) => {
        this.events.push(event)
        hooks.onEvent?.(event)
      },
      signal: hooks.signal ?? new AbortController().signal,
      clock: hooks.clock ?? hastyClock,
    })
  }

  /** Backs up one VM and remembers what its disks held at the snapshot's instant, while its guest goes on. */
  async backupAtInstant(
    name: string,
    change: Partial<BackupOptions> = {},
    hooks: BackupHooks = {},
  ): Promise<{ report: RunReport; instant: Instant }> {
    const vm = this.lab.vm(name)
    const instant: Instant = new Map()
    const remember = (event: RunEvent) => {
      hooks.onEvent?.(event)
      const ours = vm.snapshots.find((snapshot) => snapshot.name.startsWith('vmkeep.'))
      if (ours === undefined || instant.size > 0) return
      for (const disk of vm.disks)
        if (!disk.mode.startsWith('independent')) instant.set(disk.key, vm.frozenView(ours.name, disk.key))
    }
    return { report: await this.backup([name], change, { ...hooks, onEvent: remember }), instant }
  }

  async point(id: string | undefined): Promise<VmPoint> {
    return vmPointOf(await this.repository.point(id!))
  }

  /** The restore point holds, for every disk, exactly the bytes of the instant. */
  async expectEqual(pointId: string | undefined, instant: Instant): Promise<void> {
    const point = await this.point(pointId)
    expect(new Set(point.disks.map(({ key }) => key))).toEqual(new Set(instant.keys()))
    for (const { key, image } of point.disks) {
      await using reader = await this.repository.openImage(image)
      expect(await firstDifference(reader, instant.get(key)!)).toBeUndefined()
    }
  }

  /** Nothing of ours is left in vSphere, and what is not ours is as it was. */
  expectClean(foreignSnapshots: readonly string[] = []): void {
    const names = this.lab.state().vms.flatMap((vm) => this.lab.vm(vm.name).snapshots.map((snapshot) => snapshot.name))
    expect(names.toSorted()).toEqual([...foreignSnapshots].toSorted())
    expect(this.lab.state().vms.filter((vm) => this.lab.vm(vm.name).consolidationNeeded)).toEqual([])
    expect(this.lab.stats.mistakes).toEqual([])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#made.disposeAsync()
  }
}

export type Instant = Map<number, DiskReader>

export interface BackupHooks {
  readonly clock?: Clock
  readonly onEvent?: (event: RunEvent) => void
  readonly signal?: AbortSignal
  /** In place of the world's own. */
  readonly session?: Session
}

export function openLabSession(
  lab: Pick<Lab, 'host' | 'port' | 'username' | 'password' | 'thumbprintSha256'>,
): Promise<Session> {
  const endpoint = {
    host: lab.host,
    port: lab.port,
    username: lab.username,
    password: async () => new Secret(lab.password),
    trust: { by: 'thumbprint', thumbprint: lab.thumbprintSha256 },
  } as const
  return openSession({ endpoint, clock: systemClock })
}

const stepBytes = 4 * 1024 * 1024

/** The offset of the first byte in which two disks differ. Skips what both call unallocated, so that terabytes take no time. */
export async function firstDifference(a: DiskReader, b: DiskReader): Promise<number | undefined> {
  if (a.capacityBytes !== b.capacityBytes) return Math.min(a.capacityBytes, b.capacityBytes)
  const buffer = () => Buffer.alloc(Math.min(stepBytes, a.capacityBytes))
  const [left, right] = [buffer(), buffer()]
  for (const disk of [a, b])
    for await (const extent of disk.allocated(whole(a.capacityBytes)))
      for (let at = extent.offsetBytes; at < extent.offsetBytes + extent.lengthBytes; at += stepBytes) {
        const length = Math.min(stepBytes, extent.offsetBytes + extent.lengthBytes - at)
        const [x, y] = [left.subarray(0, length), right.subarray(0, length)]
        await Promise.all([a.read(at, x), b.read(at, y)])
        if (!x.equals(y)) return at + x.findIndex((byte, i) => byte !== y[i])
      }
  return undefined
}
