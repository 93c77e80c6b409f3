import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { defaultLimits, runBackup, type RunReport } from '@vmkeep/backup'
import { type DiskReader, openRawFile } from '@vmkeep/disk'
import { collect, Secret, systemClock } from '@vmkeep/kit'
import { type Lab, startLab, type VmDescription } from '@vmkeep/lab'
import { createRepository, openFolderStorage, type Repository } from '@vmkeep/repository'
import { restoreToFiles, restoreToVsphere } from '@vmkeep/restore'
import { type VmPoint, vmPointOf } from '@vmkeep/run'
import { defaultTransport } from '@vmkeep/transport'
import { openVmdk } from '@vmkeep/vmdk'
import { listVms, openSession, type Session } from '@vmkeep/vsphere'
import type { DemoCheck, DemoResult, DemoRow } from './demo-result.ts'
import { disksEqual } from './disks-equal.ts'

const MiB = 1024 * 1024
const ext4 = (seed: string, capacityMiB: number, dataMiB: number) =>
  ({ generate: { kind: 'ext4', seed, capacityBytes: capacityMiB * MiB, dataBytes: dataMiB * MiB } }) as const

const vms: VmDescription[] = [
  { name: 'web', disks: [{ ...ext4('web', 1024, 160), format: 'thin' }] },
  {
    name: 'database',
    disks: [
      { ...ext4('database', 768, 96), format: 'thick' },
      { capacityBytes: 256 * MiB, format: 'thin' },
    ],
  },
  { name: 'mail', power: 'off', disks: [{ ...ext4('mail', 512, 96), format: 'eager' }] },
]

/** The disks' bytes at the instant of the last backup's snapshots: what every restore is compared with. */
type Instants = Map<string, Map<number, DiskReader>>

interface Demo {
  readonly lab: Lab
  readonly session: Session
  readonly repository: Repository
  readonly folder: string
  readonly rows: DemoRow[]
  readonly checks: DemoCheck[]
  readonly tell: (text: string) => void
}

export async function runDemo(tell: (text: string) => void): Promise<DemoResult> {
  const startedMs = performance.now()
  await using made = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'vmkeep-demo-'))
  made.defer(() => rm(folder, { recursive: true, force: true }))
  tell('Starting a make-believe vCenter with two ESXi hosts and three VMs with real file systems …')
  const lab = made.use(await startLab({ seed: 'demo', vms }))
  const session = made.use(await logIn(lab))
  const storage = await openFolderStorage(join(folder, 'repository'), { create: true })
  const { repository } = await createRepository(storage, {
    passphrase: new Secret('demo: nothing here is worth stealing'),
  })
  made.use(repository)
  const demo: Demo = { lab, session, repository, folder, rows: [], checks: [], tell }
  await using _guest = lab.vm('web').guest({ seed: 'demo', kind: 'database', bytesPerSecond: 4 * MiB })
  const names = vms.map(({ name }) => name)

  await backUp(demo, 'full', names)
  tell('The guests write …')
  await lab.vm('database').guest({ seed: 'demo', kind: 'database' }).step(200)
  const instants = await backUp(demo, 'incremental', names)
  await deleteVm(demo, 'database')
  await restoreVm(demo, 'database', instants)
  await exportDisks(demo, 'web', instants)
  await verify(demo)
  return { rows: demo.rows, checks: demo.checks, ...ratios(demo.rows), seconds: (performance.now() - startedMs) / 1000 }
}

function logIn(lab: Lab): Promise<Session> {
  const trust = { by: 'thumbprint', thumbprint: lab.thumbprintSha256 } as const
  const endpoint = {
    host: lab.host,
    port: lab.port,
    username: lab.username,
    password: async () => new Secret(lab.password),
    trust,
  }
  return openSession({ endpoint, clock: systemClock })
}

async function backUp(demo: Demo, step: string, names: readonly string[]): Promise<Instants> {
  const { lab, session, repository, folder, tell } = demo
  tell(`Backing up ${names.join(', ')}: ${step} …`)
  const instants: Instants = new Map()
  const remember = () => {
    for (const name of names) {
      const ours = lab.vm(name).snapshots.find((snapshot) => snapshot.name.startsWith('vmkeep.'))
      if (ours === undefined || instants.has(name)) continue
      instants.set(name, new Map(lab.vm(name).disks.map(({ key }) => [key, lab.vm(name).frozenView(ours.name, key)])))
    }
  }
  const all = await collect(listVms(session))
  const report = await runBackup({
    session,
    repository,
    vms: all.filter(({ name }) => names.includes(name)),
    options: {
      quiesce: 'prefer',
      quiesceTimeoutMinutes: 15,
      changeTracking: 'enable',
      fullRead: false,
      excludeDisks: [],
      auditDays: 90,
      transport: defaultTransport,
      limits: defaultLimits,
    },
    stateFolder: join(folder, 'state'),
    onEvent: remember,
    signal: new AbortController().signal,
  })
  addRows(demo, step, report)
  check(
    demo,
    `${step} backup of ${names.length} VMs: every disk read, committed, its maps walked`,
    'vmkeep',
    report.outcome === 'ok',
  )
  check(demo, 'no snapshot of ours is left', 'the lab', lab.stats.snapshotsAlive === 0)
  return instants
}

function addRows(demo: Demo, step: string, report: RunReport): void {
  for (const { vm, disks, seconds } of report.vms) {
    const row = { step, vm, provisionedBytes: 0, changedBytes: 0, readBytes: 0, sentBytes: 0, storedBytes: 0, seconds }
    for (const { sizes } of disks)
      for (const key of Object.keys(sizes) as (keyof typeof sizes)[]) row[key] += sizes[key]
    demo.rows.push(row)
  }
}

async function deleteVm({ lab, session, tell }: Demo, name: string): Promise<void> {
  tell(`Deleting ${name}, disks and all …`)
  await lab.vm(name).power('off')
  await session.call('Destroy_Task', { _this: lab.vm(name).ref })
  await lab.settled()
}

async function restoreVm(demo: Demo, name: string, instants: Instants): Promise<void> {
  const { lab, session, repository, folder, tell } = demo
  tell(`Restoring ${name} as a new VM over NFC, reading everything back …`)
  const point = await newestPoint(repository, name)
  const report = await restoreToVsphere({
    session,
    repository,
    point,
    destination: { networkMap: {}, identity: 'auto', connectNetworks: 'auto', disks: [] },
    transport: defaultTransport,
    verify: true,
    powerOn: false,
    stateFolder: join(folder, 'state'),
    onEvent: () => {},
    signal: new AbortController().signal,
  })
  addRestoreRow(demo, 'restore', name, report)
  for (const [i, disk] of lab.vm(report.vm).disks.entries()) {
    await using view = lab.storage.openPath(disk.backing.fileName)
    const same = await disksEqual(view, instants.get(name)!.get(point.disks[i]!.key)!)
    check(demo, `${name}, disk ${i + 1} of the new VM equals the snapshot's instant`, 'byte by byte', same)
  }
  const raw = await restoreToFiles({
    ...filesOf(demo, point, 'database'),
    format: 'raw',
    disks: [point.disks[0]!.address],
  })
  await checkFileSystem(demo, name, raw.disks[0]!.target)
}

async function exportDisks(demo: Demo, name: string, instants: Instants): Promise<void> {
  demo.tell(`Exporting ${name} as a VMDK, and as a raw disk for e2fsck …`)
  const point = await newestPoint(demo.repository, name)
  const vmdk = await restoreToFiles({ ...filesOf(demo, point, 'vmdk'), format: 'monolithicSparse' })
  addRestoreRow(demo, 'export', name, vmdk)
  await using disk = await openVmdk(vmdk.disks[0]!.target)
  const instant = instants.get(name)!.get(point.disks[0]!.key)!
  check(
    demo,
    `${name}, the VMDK equals the snapshot's instant, though its guest never stopped writing`,
    'byte by byte',
    await disksEqual(disk, instant),
  )
  const raw = await restoreToFiles({ ...filesOf(demo, point, 'raw'), format: 'raw' })
  await using rawDisk = await openRawFile(raw.disks[0]!.target)
  check(demo, `${name}, the raw disk equals the VMDK`, 'byte by byte', await disksEqual(rawDisk, disk))
  await checkFileSystem(demo, name, raw.disks[0]!.target)
}

const filesOf = ({ repository, folder }: Demo, point: VmPoint, subfolder: string) => ({
  repository,
  point,
  folder: join(folder, subfolder),
  disks: [],
  verify: true,
  onEvent: () => {},
  signal: new AbortController().signal,
})

async function verify(demo: Demo): Promise<void> {
  demo.tell('Reading the whole repository back …')
  const report = await demo.repository.verify({})
  check(demo, `${report.chunks} chunks of ${report.points} points read back`, 'vmkeep', report.damaged.length === 0)
}

async function newestPoint(repository: Repository, vm: string): Promise<VmPoint> {
  const points = await collect(repository.points())
  const newest = points.findLast((point) => point.damaged === undefined && point.subject.name === vm)
  if (newest === undefined || newest.damaged !== undefined) throw new Error(`${vm} has no restore point`)
  return vmPointOf(newest)
}

/** The file systems start at 1 MiB; e2fsck takes the offset in its own notation. */
async function checkFileSystem(demo: Demo, name: string, image: string): Promise<void> {
  const result = await promisify(execFile)('e2fsck', ['-fn', `${image}?offset=${MiB}`], {
    env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` },
  }).then(
    () => true,
    () => false,
  )
  check(demo, `${name}, the restored file system is clean`, 'e2fsck -fn', result)
}

function addRestoreRow(
  demo: Demo,
  step: string,
  vm: string,
  report: { disks: readonly { provisionedBytes: number; writtenBytes: number }[]; seconds: number },
): void {
  const provisionedBytes = report.disks.reduce((sum, disk) => sum + disk.provisionedBytes, 0)
  const readBytes = report.disks.reduce((sum, disk) => sum + disk.writtenBytes, 0)
  demo.rows.push({
    step,
    vm,
    provisionedBytes,
    changedBytes: 0,
    readBytes,
    sentBytes: 0,
    storedBytes: 0,
    seconds: report.seconds,
  })
}

function check(demo: Demo, what: string, by: string, ok: boolean): void {
  demo.checks.push({ what, by, ok })
  if (!ok) demo.tell(`FAILED: ${what} (${by})`)
}

function ratios(rows: readonly DemoRow[]): { deduplication: number; compression: number } {
  const sum = (key: 'readBytes' | 'sentBytes' | 'storedBytes') =>
    rows.filter(({ storedBytes }) => storedBytes > 0).reduce((total, row) => total + row[key], 0)
  return { deduplication: sum('readBytes') / sum('sentBytes'), compression: sum('sentBytes') / sum('storedBytes') }
}
