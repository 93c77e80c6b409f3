import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { differences, type DiskReader, united, whole } from '@vmkeep/disk'
import { seededRandom } from '@vmkeep/kit'
import { type Lab, startLab } from '@vmkeep/lab'
import { type Measured, measure } from './support/measure.ts'
import type { InPlaceJob } from './support/in-place-job.ts'
import { type BenchContext, type BenchResult, rounded } from './support/scenario.ts'

const capacityBytes = 2 ** 40
const runBytes = 2 ** 20

/**
 * A thin disk of 1 TiB with as much data as `sizeBytes`, all over it. Then as much changes: half of it over what was there, half where nothing was. A restore in
 * place should move what changed, not the disk: with and without reading it back, and once more after it was killed half-way.
 */
export async function scenario({ sizeBytes, folder, say }: BenchContext): Promise<BenchResult> {
  const work = await mkdtemp(join(folder, 'in-place-'))
  try {
    await using lab = await startLab({ vms: [{ name: 'web', cbt: true, disks: [{ capacityBytes }] }] })
    const runs = Math.max(4, Math.floor(sizeBytes / runBytes))
    const places = placesOf(2 * runs)
    await write(
      lab,
      places.filter((_, i) => i % 4 < 2),
      'before',
    )
    await lab.vm('web').snapshot('instant')
    await using instant = lab.vm('web').frozenView('instant')
    await lab.vm('web').removeSnapshots()
    const common = jobOf(lab, work)
    say('in-place: backing up')
    const { stdout } = await run(common)
    const job = { ...common, point: JSON.parse(stdout) as string }
    const change = async (what: string) => {
      await lab.vm('web').power('on')
      await write(
        lab,
        places.filter((_, i) => i % 2 === 0),
        what,
      )
      await lab.vm('web').power('off')
    }
    await change('after')
    say('in-place: restoring')
    const whole = await moved(lab, () => run(job))
    await requireEqual(lab, instant)
    /** After a restore change tracking starts anew, so that each way begins with a backup of its own. */
    const anew = async (name: string): Promise<InPlaceJob> => {
      const fresh = withoutPoint({ ...job, repositoryFolder: join(work, name) })
      const { stdout: point } = await run(fresh)
      await change(name)
      return { ...fresh, point: JSON.parse(point) as string }
    }
    say('in-place: without reading back')
    const unread = { ...(await anew('unread')), verify: false }
    const unproven = await moved(lab, () => run(unread))
    await requireEqual(lab, instant)
    say('in-place: once more, killed half-way')
    const again = await anew('killed')
    await killedHalfWay(lab, again, (runs * runBytes) / 4) // half of what is written is zeroes, which cost nothing on the wire
    const resumed = await moved(lab, () => run(again))
    await requireEqual(lab, instant)
    return {
      name: 'in-place',
      about: {
        'disk bytes': capacityBytes,
        changed: `${runs} runs of 1 MiB`,
        equal: 'every byte, compared afterwards',
      },
      metrics: metricsOf(
        { restore: whole, 'with --no-verify': unproven, 'resumed after kill -9 half-way': resumed },
        runs * runBytes,
      ),
    }
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/** Ascending, as far apart as they can be. */
const placesOf = (count: number): number[] => {
  const stepBytes = Math.floor(capacityBytes / count / 65_536) * 65_536
  return Array.from({ length: count }, (_, i) => i * stepBytes)
}

async function write(lab: Lab, places: readonly number[], what: string): Promise<void> {
  const random = seededRandom(what)
  for (const place of places) await lab.vm('web').disk().writeGuest(place, random.bytes(runBytes))
}

const jobOf = (lab: Lab, work: string): InPlaceJob => ({
  host: lab.host,
  port: lab.port,
  username: lab.username,
  password: lab.password,
  thumbprint: lab.thumbprintSha256,
  repositoryFolder: join(work, 'repository'),
  stateFolder: join(work, 'state'),
})

const withoutPoint = ({ point: _point, ...rest }: InPlaceJob): InPlaceJob => rest

const commandOf = (job: InPlaceJob) =>
  [process.execPath, join(import.meta.dirname, 'support', 'in-place-job.ts'), JSON.stringify(job)] as const
const run = (job: InPlaceJob) => measure(commandOf(job), {})

interface Moved extends Measured {
  readonly fromHostBytes: number
  readonly toHostBytes: number
  readonly writtenBytes: number
}

async function moved(lab: Lab, work: () => Promise<Measured>): Promise<Moved> {
  const before = lab.stats
  const measured = await work()
  const { nfcBytesReceived, nfcBytesSent } = lab.stats
  return {
    ...measured,
    fromHostBytes: nfcBytesSent - before.nfcBytesSent,
    toHostBytes: nfcBytesReceived - before.nfcBytesReceived,
    writtenBytes: JSON.parse(measured.stdout) as number,
  }
}

/** When the hosts have received that much. */
async function killedHalfWay(lab: Lab, job: InPlaceJob, bytes: number): Promise<void> {
  const before = lab.stats.nfcBytesReceived
  const [program, ...args] = commandOf(job)
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  const timer = setInterval(() => {
    if (lab.stats.nfcBytesReceived - before >= bytes) child.kill('SIGKILL')
  }, 5)
  const [, signal] = (await once(child, 'close')) as [number | null, string | null]
  clearInterval(timer)
  if (signal !== 'SIGKILL') throw new Error('the restore ended before it was killed')
}

/** @throws with the first byte that is not as it was at the instant */
async function requireEqual(lab: Lab, instant: DiskReader): Promise<void> {
  await using now = lab.storage.openPath(lab.vm('web').disk().backing.fileName)
  const all = whole(capacityBytes)
  for await (const { offsetBytes } of differences(united(now.allocated(all), instant.allocated(all)), now, instant))
    throw new Error(`the disk is not what it was at byte ${offsetBytes}`)
}

function metricsOf(ways: Readonly<Record<string, Moved>>, changedBytes: number): BenchResult['metrics'] {
  const of = (key: (moved: Moved) => number) =>
    Object.fromEntries(Object.entries(ways).map(([name, value]) => [name, key(value)]))
  return [
    { name: 'changed', unit: 'bytes', values: of(() => changedBytes) },
    { name: 'written', unit: 'bytes', values: of(({ writtenBytes }) => writtenBytes) },
    { name: 'to the host', unit: 'bytes', values: of(({ toHostBytes }) => toHostBytes) },
    { name: 'from the host', unit: 'bytes', values: of(({ fromHostBytes }) => fromHostBytes) },
    { name: 'time', unit: 's', values: of(({ seconds }) => rounded(seconds)) },
    { name: 'processor time', unit: 's', values: of(({ cpuSeconds }) => rounded(cpuSeconds)) },
    { name: 'peak memory', unit: 'bytes', values: of(({ peakRssBytes }) => peakRssBytes) },
  ]
}
