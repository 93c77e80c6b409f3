import type { RebuildIndexReport } from '@vmkeep/repository'
import { command } from '../command.ts'
import { count } from '../output/human.ts'
import type { Style } from '../output/style.ts'
import { flag } from '../parameters.ts'

/** `repo rebuild-index`: makes the index whole again. */
export const repoRebuildIndexCommand = command({
  name: 'repo rebuild-index',
  summary: 'Make the index whole again from what the packs say themselves',
  description:
    'The index says which chunk lies in which pack. Where objects of it are lost or damaged, the packs are asked: each ends in a table of what it holds, ' +
    'and where that is damaged too, its chunks name themselves. Then all of the index is written anew. Safe at any time; needed rarely, since backups and "repo gc" keep the index in order.',
  examples: [
    { run: 'vmkeep repo rebuild-index --dry-run', does: 'says what is damaged, and how many packs nothing names' },
    { run: 'vmkeep repo rebuild-index', does: 'reads those packs and writes the index anew' },
  ],
  options: { dryRun: flag({ help: 'only say what would be done' }) },
  exits: ['damaged'],
  needs: ['repository'],

  async run({ options: { dryRun }, repository, out, say, progress, signal }) {
    const disks = { read: 'packs that nothing names', merge: 'entries of the index' }
    const report = await repository.rebuildIndex({
      dryRun,
      onProgress({ phase, done, total }) {
        const sizes = { provisionedBytes: total, changedBytes: 0, readBytes: done, sentBytes: 0, storedBytes: 0 }
        const disk = disks[phase]
        progress.onEvent({ type: 'disk-progress', vm: 'repository', disk, totalBytes: total, ...sizes })
      },
      signal,
    })
    await out.answer(report, (style) => describe(report, style))
    const left = report.packsUnlisted - report.packsRead
    if (dryRun) say.info('nothing was changed')
    else if (left > 0) say.error(`${count(left, 'pack')} cannot be understood: run "vmkeep verify" to see what is hit`)
    return left > 0 && !dryRun ? 'damaged' : 'ok'
  },
})

function describe(report: RebuildIndexReport, style: Style): string {
  const { dryRun, damaged, deltas, segments, packsUnlisted, packsRead, entries, root } = report
  const found = `${count(segments, 'segment')}, ${count(deltas, 'delta')}; ${count(packsUnlisted, 'pack')} that nothing names`
  return [
    ...damaged.map(({ object, reason }) => `${style.bad('damaged:')} ${object}: ${reason}`),
    dryRun ? `found ${found}` : `found ${found}, of which ${packsRead} were read`,
    ...(dryRun || entries === 0
      ? []
      : [
          `${count(entries, 'entry', 'entries')} written; the index is index/root/${String(root).padStart(8, '0')} now`,
        ]),
  ].join('\n')
}
