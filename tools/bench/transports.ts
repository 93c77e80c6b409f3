import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { defaultTransport, type TransportSettings } from '@vmkeep/transport'
import { findJudge } from '../find-judge.ts'
import { mustRun } from '../run-program.ts'
import { measure } from './support/measure.ts'
import { sampleImage } from './support/sample-image.ts'
import { type BenchContext, type BenchResult, type Metric, rounded } from './support/scenario.ts'
import type { TransportCost, TransportJob } from './support/transport-job.ts'
import { nbdkitOf, type TransportWorld, transportWorld } from './support/transport-world.ts'

/** One way to read the disk. `undefined` cost: not possible here. */
interface Way {
  readonly name: string
  /** The file or device that it reads in the end, which must not be in the page cache before. */
  readonly from?: string
  readonly run: () => Promise<TransportCost | undefined>
}

/**
 * All of one disk without holes, read by each transport in a process of its own, and from the same file to nowhere by `qemu-img convert` and `nbdcopy`.
 * What is read is not in the page cache before. The host is a lab on the same machine, so that nbdssl, nbd and lease show our side and the lab's, and `vddk`
 * is the tests' library, which reads a file: what it shows is what our process and its messages cost.
 */
export async function scenario(context: BenchContext): Promise<BenchResult> {
  const sample = await sampleImage(context)
  const folder = await mkdtemp(join(context.folder, 'transports-'))
  try {
    context.say('transports: making the disk, a LUN and a device of it')
    await using world = await transportWorld(sample, folder)
    const ways = waysOf(world, folder).filter(({ name }) => isAsked(name, context))
    const costs = new Map<string, TransportCost | undefined>(ways.map(({ name }) => [name, undefined]))
    await mustRun('dd', [`if=${world.image}`, 'of=/dev/null', 'bs=4M', 'iflag=direct', 'status=none']) // what is below this machine's disk may keep it: then for all
    for (let round = 0; round < context.rounds; round++)
      for (const { name, from, run } of round % 2 === 0 ? ways : ways.toReversed()) {
        context.say(`transports: ${name}`)
        if (from !== undefined) await forget(from)
        costs.set(name, better(costs.get(name), await run()))
      }
    return { name: 'transports', about: aboutOf(world, context), metrics: metricsOf(costs) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const isAsked = (name: string, { phases }: BenchContext) =>
  phases.length === 0 || phases.some((phase) => name.startsWith(phase))

function waysOf(world: TransportWorld, folder: string): Way[] {
  const { image, device, capacityBytes, lun, vddkLibrary } = world
  const socket = join(folder, 'nbd.sock')
  const transport = (settings: Partial<TransportSettings>) => () => runJob(jobOf(world, settings))
  const program =
    (name: string, ...args: string[]) =>
    async (): Promise<TransportCost | undefined> => {
      const path = findJudge(name)
      if (path === undefined) return undefined
      const { seconds, cpuSeconds } = await measure([path, ...args], {})
      return { seconds, cpuSeconds, bytes: capacityBytes }
    }
  const nowhere = `driver=null-co,size=${capacityBytes}`
  const readDevice = (caching: 'direct' | 'buffered') => async () =>
    device === undefined ? undefined : await runJob({ device, caching })
  const vddk = vddkLibrary === undefined ? undefined : { library: vddkLibrary }
  return [
    { name: 'file, direct', from: image, run: transport({ order: ['file'], fileCaching: 'direct' }) },
    { name: 'file, buffered', from: image, run: transport({ order: ['file'], fileCaching: 'buffered' }) },
    { name: 'device, direct', from: image, run: readDevice('direct') },
    { name: 'device, buffered', from: image, run: readDevice('buffered') },
    { name: 'hotadd', run: transport({ order: ['hotadd'] }) },
    { name: 'san', from: lun, run: transport({ order: ['san'] }) },
    {
      name: 'vddk, tests’ library',
      from: image,
      run: async () => (vddk === undefined ? undefined : await transport({ order: ['vddk'], vddk })()),
    },
    { name: 'nbdssl', from: image, run: transport({ order: ['nbdssl'] }) },
    { name: 'nbd', from: image, run: transport({ order: ['nbd'] }) },
    { name: 'lease', from: image, run: transport({ order: ['lease'] }) },
    {
      name: 'qemu-img convert',
      from: image,
      run: program('qemu-img', 'convert', '-n', '-f', 'raw', '-T', 'none', image, '--target-image-opts', nowhere),
    },
    { name: 'nbdcopy, the file', from: image, run: program('nbdcopy', image, 'null:') },
    {
      name: 'nbdcopy, from nbdkit',
      from: image,
      run: async () => {
        const nbdkit = findJudge('nbdkit')
        if (nbdkit === undefined) return undefined
        await using _server = await nbdkitOf(nbdkit, image, socket)
        return await program('nbdcopy', `nbd+unix:///?socket=${socket}`, 'null:')()
      },
    },
  ]
}

function jobOf({ lab, ...world }: TransportWorld, settings: Partial<TransportSettings>): TransportJob {
  const { host, port, username, password, thumbprintSha256: thumbprint } = lab
  const { ref, disks } = lab.vm('web')
  const { machineRoot, lunFolder, capacityBytes, mountedFolder } = world
  return {
    host,
    port,
    username,
    password,
    thumbprint,
    vm: ref.value,
    deviceKey: disks[0]!.key,
    capacityBytes,
    path: disks[0]!.backing.fileName,
    settings: { ...defaultTransport, machineRoot, lunFolder, mountedDatastores: { lun: mountedFolder }, ...settings },
  }
}

async function runJob(job: TransportJob): Promise<TransportCost> {
  const script = join(import.meta.dirname, 'support/transport-job.ts')
  const { stdout } = await measure([process.execPath, script, JSON.stringify(job)], {})
  return JSON.parse(stdout) as TransportCost
}

/** Takes a file out of the page cache. */
const forget = (path: string) =>
  mustRun('dd', [`of=${path}`, 'oflag=nocache', 'conv=notrunc,fdatasync', 'count=0', 'status=none'])

const better = (a: TransportCost | undefined, b: TransportCost | undefined): TransportCost | undefined =>
  a === undefined || b === undefined
    ? b
    : { bytes: b.bytes, seconds: Math.min(a.seconds, b.seconds), cpuSeconds: Math.min(a.cpuSeconds, b.cpuSeconds) }

const aboutOf = ({ capacityBytes, device }: TransportWorld, { rounds }: BenchContext) => ({
  'disk bytes': capacityBytes,
  cache: 'cold',
  'reads in flight': '4 of 2 MiB',
  device: device === undefined ? 'none: only root may make one' : 'a loop device that reads its file directly',
  'processor time': 'of the process that reads and its children; not of the lab, of nbdkit or of the kernel’s threads',
  rounds,
})

/** A row for each way, since there are many. */
function metricsOf(costs: ReadonlyMap<string, TransportCost | undefined>): Metric[] {
  const peer = costs.get('qemu-img convert')
  const rows = [...costs].map(([name, cost]) => ({ name, values: cost === undefined ? undefined : valuesOf(cost) }))
  const than = peer === undefined ? undefined : valuesOf(peer)
  const of = (key: 'speed' | 'processor') =>
    Object.fromEntries(rows.map(({ name, values }) => [name, values === undefined ? null : rounded(values[key])]))
  const by = (key: 'speed' | 'processor') =>
    Object.fromEntries(
      rows.map(({ name, values }) => [
        name,
        values === undefined || than === undefined ? null : rounded(values[key] / than[key]),
      ]),
    )
  return [
    { name: 'speed', unit: 'MiB/s', values: of('speed') },
    { name: 'processor time', unit: 'ms/GiB', values: of('processor') },
    { name: 'speed ÷ qemu-img’s', unit: 'ratio', values: by('speed') },
    { name: 'processor time ÷ qemu-img’s', unit: 'ratio', values: by('processor') },
  ]
}

const valuesOf = ({ bytes, seconds, cpuSeconds }: TransportCost) => ({
  speed: bytes / 2 ** 20 / seconds,
  processor: (1000 * cpuSeconds) / (bytes / 2 ** 30),
})
