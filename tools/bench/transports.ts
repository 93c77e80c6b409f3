import { link, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openRawFile, type DiskReader } from '@vmkeep/disk'
import { startLab } from '@vmkeep/lab'
import type { TransportName } from '@vmkeep/transport'
import { formatDescriptor, noParent } from '@vmkeep/vmdk'
import { findJudge } from '../find-judge.ts'
import { mustRun } from '../run-program.ts'
import { measure } from './support/measure.ts'
import { sampleImage } from './support/sample-image.ts'
import { type BenchContext, type BenchResult, type Metric, rounded } from './support/scenario.ts'
import type { TransportCost, TransportJob } from './support/transport-job.ts'

const names: readonly TransportName[] = ['file', 'hotadd', 'nbdssl', 'nbd']

/**
 * All of one disk, read by each transport in a process of its own, and by `qemu-img convert` from the same file to nowhere. The host is the lab, so that
 * nbdssl and nbd show what our side can do and what the lab can; what is read is not in the page cache before. Beside it, a device read directly and buffered.
 */
export async function scenario(context: BenchContext): Promise<BenchResult> {
  const { path, sizeBytes } = await sampleImage(context)
  const folder = await mkdtemp(join(context.folder, 'transports-'))
  try {
    const costs = new Map<string, TransportCost>()
    for (let round = 0; round < context.rounds; round++) {
      for (const [name, cost] of await race(path, sizeBytes, folder, context))
        costs.set(name, better(costs.get(name), cost))
    }
    const about = { 'disk bytes': sizeBytes, cache: 'cold', 'reads in flight': '4 of 2 MiB', rounds: context.rounds }
    return { name: 'transports', about, metrics: metricsOf(costs) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function race(
  path: string,
  sizeBytes: number,
  folder: string,
  { say }: BenchContext,
): Promise<[string, TransportCost][]> {
  const found: [string, TransportCost][] = []
  const machineRoot = join(folder, 'machine')
  await mkdir(machineRoot, { recursive: true })
  await mountSample(path, sizeBytes, folder)
  const source = async (): Promise<DiskReader> => openRawFile(path)
  await using lab = await startLab({
    vms: [
      { name: 'web', power: 'off', disks: [{ capacityBytes: sizeBytes }] },
      { name: 'proxy', disks: [{ capacityBytes: 2 ** 20 }] },
    ],
    openDisk: async (vm, disk) =>
      vm === 'web' ? { capacityBytes: sizeBytes, source: await source() } : { capacityBytes: disk.capacityBytes! },
  })
  await lab.vm('proxy').appearsIn(machineRoot)
  const { host, port, username, password, thumbprintSha256 } = lab
  const { ref, disks } = lab.vm('web')
  const [disk] = disks
  const common = { host, port, username, password, thumbprint: thumbprintSha256, vm: ref.value, deviceKey: disk!.key }
  for (const name of names) {
    say(`transports: ${name}`)
    const settings = {
      order: [name],
      compression: 'skipz',
      machineRoot,
      mountedDatastores: { 'shared-1': folder },
    } as const
    const job: TransportJob = { ...common, path: disk!.backing.fileName, capacityBytes: sizeBytes, settings }
    if (name === 'file') await forget(path)
    found.push([name, await runJob(job, folder)])
  }
  for (const caching of ['direct', 'buffered'] as const) {
    await forget(path)
    found.push([`device, ${caching}`, await runJob({ device: path, caching }, folder)])
  }
  const qemu = findJudge('qemu-img')
  if (qemu !== undefined) {
    await forget(path)
    const target = `driver=null-co,size=${sizeBytes}`
    const taken = await measure(
      [qemu, 'convert', '-n', '-f', 'raw', '-T', 'none', path, '--target-image-opts', target],
      { syncFolder: folder },
    )
    found.push(['qemu-img convert', { seconds: taken.seconds, cpuSeconds: taken.cpuSeconds, bytes: sizeBytes }])
  }
  return found
}

/** The sample as the flat file of a VMDK, at the place it would have on a mounted datastore. */
async function mountSample(path: string, sizeBytes: number, folder: string): Promise<void> {
  const home = join(folder, 'web')
  await rm(home, { recursive: true, force: true })
  await mkdir(home)
  await link(path, join(home, 'web-flat.vmdk'))
  const extent = { access: 'RW', sizeSectors: sizeBytes / 512, type: 'VMFS', fileName: 'web-flat.vmdk' } as const
  const descriptor = { version: 1, cid: 1, parentCid: noParent, createType: 'vmfs', extents: [extent], settings: {} }
  await writeFile(join(home, 'web.vmdk'), formatDescriptor({ ...descriptor, ddb: { 'ddb.adapterType': 'lsilogic' } }))
}

async function runJob(job: TransportJob, folder: string): Promise<TransportCost> {
  const script = join(import.meta.dirname, 'support/transport-job.ts')
  const { stdout } = await measure([process.execPath, script, JSON.stringify(job)], { syncFolder: folder })
  return JSON.parse(stdout) as TransportCost
}

/** Takes a file out of the page cache. */
const forget = (path: string) =>
  mustRun('dd', [`of=${path}`, 'oflag=nocache', 'conv=notrunc,fdatasync', 'count=0', 'status=none'])

const better = (a: TransportCost | undefined, b: TransportCost): TransportCost =>
  a === undefined
    ? b
    : { bytes: b.bytes, seconds: Math.min(a.seconds, b.seconds), cpuSeconds: Math.min(a.cpuSeconds, b.cpuSeconds) }

function metricsOf(costs: ReadonlyMap<string, TransportCost>): Metric[] {
  const values = (of: (cost: TransportCost) => number) =>
    Object.fromEntries([...costs].map(([name, cost]) => [name, rounded(of(cost))]))
  return [
    { name: 'speed', unit: 'MiB/s', values: values(({ bytes, seconds }) => bytes / 2 ** 20 / seconds) },
    {
      name: 'processor time',
      unit: 'ms/GiB',
      values: values(({ bytes, cpuSeconds }) => (1000 * cpuSeconds) / (bytes / 2 ** 30)),
    },
  ]
}
