import type { Repository, VerifyReport } from '@vmkeep/repository'
import type { NoisyDisk } from '@vmkeep/restore'
import { forEachConcurrent, messageOf } from '@vmkeep/kit'
import { command } from '../command.ts'
import { count, size } from '../output/human.ts'
import type { Messages } from '../output/messages.ts'
import type { Style } from '../output/style.ts'
import { table } from '../output/table.ts'
import { anyArguments, option, percent, text } from '../parameters.ts'
import { damageColumns, tellVerifyProgress, whatToDo } from '../verify/describe-damage.ts'
import { noiseIn } from '../verify/tell-noise.ts'

/** `verify`: the answer to "can I restore?" without restoring. Needs the repository only. */
export const verifyCommand = command({
  name: 'verify',
  summary: 'Read restore points back and check every byte',
  description:
    'What exists and how it hangs together is always checked as a whole; --sample says how much of the data is read. ' +
    'Damage is told with the restore points and disks it hits. Disks that vSphere encrypts and that seem to have been read as noise are told, too; the exit code is then 3.',
  examples: [
    { run: 'vmkeep verify', does: 'everything' },
    { run: 'vmkeep verify --sample 5', does: 'a twentieth of the data, drawn at random; good for every night' },
    { run: 'vmkeep verify 3f2a', does: 'one restore point' },
  ],
  arguments: {
    point: anyArguments(text('POINT'), 'ids of restore points, or the beginnings of them; all if none is given'),
  },
  options: { sample: option(percent, { fallback: 100, help: 'how much of the data to read, in percent' }) },
  exits: ['notFound', 'partial', 'damaged'],
  needs: ['repository'],

  async run({ arguments: { point }, options, repository, out, say, progress, signal }) {
    const points = await Promise.all(point.map(async (id) => (await repository.point(id, signal)).id))
    const onProgress = tellVerifyProgress(progress.onEvent)
    if (repository.maintenanceOnly)
      say.warn('this key cannot open what is backed up: packs are only held against their checksums')
    const chosen = points.length === 0 ? {} : { points }
    const report = await repository.verify({ ...chosen, samplePercent: options.sample, onProgress, signal })
    const noisy = await noisyDisks(repository, points, { say, signal })
    await out.answer({ ...report, noisy }, (style) => describe(report, options.sample, style))
    for (const disk of noisy) say.warn(noiseIn(disk))
    if (report.damaged.length === 0) return noisy.length === 0 ? 'ok' : 'partial'
    say.error(whatToDo(report.damaged))
    return 'damaged'
  },
})

/** Of the points asked for, or of all. A point that cannot be looked into is told: most often it is damaged, and so told anyway. */
async function noisyDisks(
  repository: Repository,
  ids: readonly string[],
  { say, signal }: { readonly say: Messages; readonly signal: AbortSignal },
): Promise<NoisyDisk[]> {
  if (repository.maintenanceOnly) return []
  const { findNoise } = await import('@vmkeep/restore')
  const { vmPointOf } = await import('@vmkeep/run')
  const found: NoisyDisk[] = []
  await forEachConcurrent(repository.points(signal), lookedAtOnceMax, async (point) => {
    if (point.damaged !== undefined || point.erasedAt !== undefined || point.subject.kind !== 'vm') return
    if (ids.length > 0 && !ids.includes(point.id)) return
    try {
      found.push(...(await findNoise(repository, vmPointOf(point), signal)))
    } catch (error) {
      signal.throwIfAborted()
      say.warn(`point ${point.id}: nobody can tell whether its disks were read as noise: ${messageOf(error)}`)
    }
  })
  return found
}

const lookedAtOnceMax = 8

function describe(report: VerifyReport, samplePercent: number, style: Style): string {
  const { points, packs, chunks, bytesRead, damaged } = report
  const sample = samplePercent < 100 ? ` (a sample of ${samplePercent} %)` : ''
  const read = `${count(points, 'restore point')} and ${count(packs, 'pack')} checked, ${count(chunks, 'chunk')} (${size(bytesRead)}) read back${sample}`
  if (damaged.length === 0) return `${style.good('ok:')} ${read}; every byte that was read is what was written`
  return `${read}\n${style.bad(count(damaged.length, 'damage', 'damages'))} found:\n\n${table(damaged, damageColumns, style)}`
}
