import { command } from '../command.ts'
import { argument, byteRate, duration, flag, integer, option, options, text } from '../parameters.ts'
import { syncFailures } from '../sync/exit-of-sync.ts'

/** `repo sync`: a second place for restore points. */
export const repoSyncCommand = command({
  name: 'repo sync',
  summary: 'Copy restore points into another repository',
  description:
    'Copies what is not there yet, the oldest point first; the next run goes on where one was broken off. Nothing is ever removed from the target: it has a retention and a collection ' +
    'of its own, and what was forgotten there is not copied again. A target made with "repo init --keys-of" gets what is stored as it is; one with other keys, sealed anew. ' +
    'Every chunk is read back and checked on its way: a restore point that is damaged is reported, not copied. With keys of maintenance only, points go over to a target made with "--keys-of" once a run with all keys has copied one; those of domains are left out. Safe while backups, restores and collections run in both.',
  examples: [
    {
      run: 'vmkeep repo sync /backup/vmkeep s3://backups/vmkeep',
      does: 'everything, with the key of the config for both',
    },
    {
      run: "vmkeep repo sync main offsite --vm 'db-*' --last 7",
      does: 'the last seven of some VMs, between repositories that the config names',
    },
    { run: 'vmkeep repo sync /backup/vmkeep offsite --dry-run', does: 'only says what would be copied' },
    { run: 'vmkeep repo sync /backup/vmkeep offsite --limit-rate 20MiB/s', does: 'leaves room on the line' },
  ],
  arguments: {
    source: argument(text('SOURCE'), 'where the points are: a folder, s3://bucket/prefix, or a name of the config'),
    target: argument(text('TARGET'), 'where copies go, likewise; a repository that exists'),
  },
  options: {
    vm: options(text('VM'), { help: 'only points of this VM: a name, glob or instance uuid' }),
    last: option(integer({ min: 1 }), { help: 'only the last N of each VM' }),
    since: option(duration, { help: 'only points younger than this, such as 30d' }),
    again: flag({ help: 'also copy what was copied once and forgotten in the target' }),
    verifiedOnly: flag({ help: 'read every point back as a whole before it is copied, not only what is new in it' }),
    limitRate: option(byteRate, {
      help: 'how fast to copy at most, such as 50MiB/s (default: limitRate of the target in the config)',
    }),
    dryRun: flag({ help: 'only say what would be copied' }),
  },
  exits: ['partial', ...syncFailures],
  needs: ['config'],

  async run({ config, arguments: { source, target }, options: chosen, out, progress, clock, ...context }) {
    const { openRepositoryNamed } = await import('../open-repository-named.ts')
    const { choosePoints } = await import('../sync/choose-points.ts')
    const { describeSync } = await import('../sync/describe-sync.ts')
    const { exitOfSync } = await import('../sync/exit-of-sync.ts')
    const { rateTo } = await import('../sync/rate-to.ts')
    const { tellSyncProgress } = await import('../sync/tell-progress.ts')
    const { signal } = context
    await using from = await openRepositoryNamed(config, source, { ...context, clock })
    const now = { ...config, asOfMs: undefined } // --as-of is about what is copied
    await using to = await openRepositoryNamed(now, target, { ...context, clock })
    const createdSinceMs = chosen.since === undefined ? undefined : clock.nowMs() - chosen.since
    const points = await choosePoints(from, { vms: chosen.vm, last: chosen.last, createdSinceMs }, signal)
    const telling = tellSyncProgress(progress.onEvent)
    const { again, verifiedOnly, dryRun } = chosen
    const report = await to.syncFrom(from, {
      ...(points === undefined ? {} : { points }),
      ...rateTo(config, target, chosen.limitRate),
      again,
      verifiedOnly,
      dryRun,
      onProgress: dryRun ? () => {} : telling.onProgress,
      signal,
    })
    telling.end()
    await out.answer({ source: from.id, target: to.id, ...report }, (style) => describeSync(report, style))
    return exitOfSync(report)
  },
})
