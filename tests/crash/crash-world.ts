// A world with a past: VMs with committed restore points, whose instants are remembered, and with snapshots of their admin.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type BackupOptions, runBackup, type RunReport } from '@vmkeep/backup'
import { MemoryDisk } from '@vmkeep/disk'
import { collect, seededRandom } from '@vmkeep/kit'
import type { LabOptions } from '@vmkeep/lab'
import { openFolderStorage, openRepository, type Repository, type RestorePoint } from '@vmkeep/repository'
import type { RunEvent } from '@vmkeep/run'
import { listVms } from '@vmkeep/vsphere'
import { expect } from 'vitest'
import { type Instant, options, passphrase, World } from '../support/world.ts'

const MiB = 1024 * 1024
export const backupOptions: BackupOptions = options
const foreign = 'before upgrade'

interface KnownPoint {
  readonly point: RestorePoint
  readonly instant: Instant
}

/** Opened anew, as after a start, and without threads: they would take longer to start than all there is to do. */
const openAgain = async (folder: string): Promise<Repository> =>
  openRepository(await openFolderStorage(join(folder, 'repository')), { key: passphrase, workersMax: 0 })

export class CrashWorld implements AsyncDisposable {
  readonly world: World
  readonly #known: KnownPoint[] = []
  readonly #random = seededRandom('crash guest')

  private constructor(world: World) {
    this.world = world
  }

  /** Every VM has one restore point, change tracking on, and then gets a snapshot of its admin. */
  static async start(names: readonly string[], taskDurationMs = 4, options: LabOptions = {}): Promise<CrashWorld> {
    const disks = [
      { capacityBytes: 8 * MiB, format: 'thin' as const },
      { capacityBytes: 4 * MiB + 512, format: 'thick' as const },
    ]
    const world = await World.start({
      seed: 'crash',
      taskDurationMs,
      vms: names.map((name) => ({ name, disks })),
      ...options,
    })
    const past = new CrashWorld(world)
    for (const name of names) await past.guestWrites(name)
    expect((await past.backup(names)).outcome).toBe('ok')
    for (const name of names) await world.lab.vm(name).snapshot(foreign)
    return past
  }

  /** Random bytes on every disk: enough for several small packs, and some of them where there were others before. */
  async guestWrites(name: string, count = 3): Promise<void> {
    for (const disk of this.world.lab.vm(name).disks)
      for (let i = 0; i < count; i++) {
        const offsetBytes = 512 * Math.floor((this.#random.fraction() * (disk.capacityBytes - MiB)) / 512)
        await disk.writeGuest(offsetBytes, this.#random.bytes(MiB - 512))
      }
  }

  /** What a VM's disks hold now, kept apart from the VM. */
  async nowOf(name: string): Promise<Instant> {
    const now: Instant = new Map()
    for (const disk of this.world.lab.vm(name).disks) {
      const bytes = new Uint8Array(disk.capacityBytes)
      await disk.readGuest(0, bytes)
      const copy = new MemoryDisk(disk.capacityBytes)
      await copy.write(0, bytes)
      now.set(disk.key, copy)
    }
    return now
  }

  /** "Start again": a backup by a freshly opened repository, with the same state folder, while the guests go on writing. */
  async backup(names: readonly string[]): Promise<RunReport> {
    const { world } = this
    await using repository = await openAgain(world.folder)
    const instants = new Map<string, Instant>()
    let runId = ''
    const report = await runBackup({
      session: world.session,
      repository,
      vms: (await collect(listVms(world.session))).filter(({ name }) => names.includes(name)),
      options,
      stateFolder: world.stateFolder,
      onEvent: (event) => {
        if (event.type === 'run-started') runId = event.runId
        world.events.push(event)
        for (const name of names) this.#rememberInstant(name, runId, instants)
      },
      signal: new AbortController().signal,
    })
    for (const { vm, point } of report.vms)
      if (point !== undefined) await this.learn(await repository.point(point), instants.get(vm)!)
    return report
  }

  /** From now on the point must stay as it is and hold the instant. */
  async learn(point: RestorePoint, instant: Instant): Promise<void> {
    await this.world.expectEqual(point.id, instant)
    this.#known.push({ point, instant })
  }

  /** The points that nobody has told us of: a victim's. */
  async unknownPoints(): Promise<RestorePoint[]> {
    const known = new Set(this.#known.map(({ point }) => point.id))
    return (await this.#listed()).filter(({ id }) => !known.has(id))
  }

  /** What must hold after every start that went well. */
  async expectSound(): Promise<void> {
    const { world } = this
    await this.expectPointsUnchanged()
    await using repository = await openAgain(world.folder)
    expect((await repository.verify()).damaged).toEqual([])
    await this.expectNothingLeft()
    await this.expectNoLocks()
  }

  async expectNoLocks(): Promise<void> {
    expect(await this.#stateFiles('locks')).toEqual([])
  }

  /** Nothing of ours is left in vSphere, the admin's snapshots are there, and no journal waits for the next start. */
  async expectNothingLeft(): Promise<void> {
    const old = new Set(this.#known.map(({ point }) => point.subject.name))
    this.world.expectClean([...old].map(() => foreign))
    expect(await this.#stateFiles('journal')).toEqual([])
  }

  /** No point is lost, changed, half-written or unexpected. */
  async expectPointsUnchanged(): Promise<void> {
    const listed = await this.#listed()
    expect(listed).toHaveLength(this.#known.length)
    for (const { point } of this.#known) expect(listed.find(({ id }) => id === point.id)).toEqual(point)
    for (const point of listed) await this.world.repository.checkPoint(point)
    const [first] = this.#known
    await this.world.expectEqual(first!.point.id, first!.instant)
  }

  /** Every point that was ever committed still holds its instant. */
  async expectAllInstants(): Promise<void> {
    for (const { point, instant } of this.#known) await this.world.expectEqual(point.id, instant)
  }

  get points(): readonly RestorePoint[] {
    return this.#known.map(({ point }) => point)
  }

  /** Names of our own snapshots, on any VM. */
  get ourSnapshots(): string[] {
    return this.world.lab
      .state()
      .vms.flatMap(({ snapshots }) => snapshots.map(({ name }) => name))
      .filter((name) => name.startsWith('vmkeep.'))
  }

  get notes(): RunEvent[] {
    return this.world.events.filter(({ type }) => type === 'note')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.world[Symbol.asyncDispose]()
  }

  async #listed(): Promise<RestorePoint[]> {
    const listed = await collect(this.world.repository.points())
    return listed.map((point) => {
      expect(point.damaged).toBeUndefined()
      return point as RestorePoint
    })
  }

  #rememberInstant(name: string, runId: string, instants: Map<string, Instant>): void {
    const vm = this.world.lab.vm(name)
    const ours = vm.snapshots.find((snapshot) => runId !== '' && snapshot.name.includes(runId))
    if (ours === undefined || instants.has(name)) return
    instants.set(name, new Map(vm.disks.map(({ key }) => [key, vm.frozenView(ours.name, key)])))
  }

  async #stateFiles(folder: string): Promise<string[]> {
    return readdir(join(this.world.stateFolder, folder))
  }
}
