import type { CollectProgress, CollectReport, LockedPacks } from '@vmkeep/repository'
import { command } from '../command.ts'
import { requireSafeStorage } from '../open-storage.ts'
import { count, size, time } from '../output/human.ts'
import type { Style } from '../output/style.ts'
import { dataSize, duration, flag, option, percent } from '../parameters.ts'

const day = 86_400_000

/** `repo gc`: gives back the room of what no restore point needs. */
export const repoGcCommand = command({
  name: 'repo gc',
  summary: 'Free the space that no restore point needs any more',
  description:
    'What a restore point held alone goes once the point was forgotten ("vmkeep forget", "vmkeep retention apply") and its time of grace is over; what others still need stays. ' +
    'Safe while backups and restores run, and beside another collection. It waits for backups that were at work when it condemned packs; ' +
    'they answer within ten minutes. What it leaves undone, the next one ends.',
  examples: [
    { run: 'vmkeep repo gc', does: 'frees what points forgotten more than seven days ago held alone' },
    { run: 'vmkeep repo gc --dry-run', does: 'only says what would go' },
    {
      run: 'vmkeep repo gc --renew-keys --renew-max 200GiB',
      does: 'also seals up to 200 GiB with the newest data keys',
    },
    {
      run: 'vmkeep repo gc --wait 15m',
      does: 'gives up waiting after 15 minutes; the next collection goes on from there',
    },
  ],
  options: {
    dryRun: flag({ help: 'only say what would go' }),
    grace: option(duration, { fallback: 7 * day, help: 'how long a forgotten point can be taken back' }),
    maxDead: option(percent, { fallback: 20, help: 'how much of the repository may be dead before packs are copied' }),
    renewKeys: flag({ help: 'also seal anew what has a data key that was replaced ("vmkeep key rotate")' }),
    renewMax: option(dataSize, { fallback: 2 ** 40, help: 'with --renew-keys: no more than this in one run' }),
    wait: option(duration, { help: 'how long to wait for backups at work; until they answer, if not given' }),
  },
  exits: ['partial', 'damaged'],
  needs: ['config', 'repository'],

  async run({ config, options, repository, out, say, signal, world, learn }) {
    if (!options.dryRun) await requireSafeStorage(config, { say, signal, world, learn })
    const report = await repository.collect({
      dryRun: options.dryRun,
      graceMs: options.grace,
      deadShareMax: options.maxDead / 100,
      ...(options.renewKeys && { renewKeysBytesMax: options.renewMax }),
      ...(options.wait === undefined ? {} : { waitMsMax: options.wait }),
      onProgress: tellPhases((text) => say.info(text)),
      signal,
    })
    await out.answer(report, (style) => describe(report, style))
    return report.outcome === 'waiting' ? 'partial' : 'ok'
  },
})

const phases = {
  mark: 'Marking what the restore points need',
  repack: 'Copying what is needed out of packs that are mostly dead',
  settle: 'Waiting until every machine sees the same of a network file system',
  wait: 'Waiting for backups at work',
  check: 'Checking what is to go',
  delete: 'Deleting',
  index: 'Compacting the index',
} as const

/** Each phase once. */
function tellPhases(say: (text: string) => void): (progress: CollectProgress) => void {
  let told: CollectProgress['phase'] | undefined
  return ({ phase }) => {
    if (phase !== told) say(`${phases[phase]} …`)
    told = phase
  }
}

const lockedText = ({ packs, bytes, firstUntil, lastUntil }: LockedPacks) =>
  packs === 1
    ? `1 pack (${size(bytes)}) that nobody needs is kept by its lock until ${time(lastUntil)}`
    : `${packs} packs (${size(bytes)}) that nobody needs are kept by their locks, the first until ${time(firstUntil)}, the last until ${time(lastUntil)}`

function describe(report: CollectReport, style: Style): string {
  const { outcome, pointsLive, packsExamined, packsDeleted, bytesFreed, waitingFor } = report
  const looked = `${count(pointsLive, 'restore point')} and ${count(packsExamined, 'pack')} looked at`
  if (outcome === 'dry-run') {
    const copied = `${count(report.packsRepacked, 'pack')} of them after copying ${size(report.bytesCopied)}`
    const would = `${looked}; ${count(packsDeleted, 'pack')} would go, ${copied}; ${size(bytesFreed)} would be free`
    return report.locked === undefined ? would : `${would}\n${lockedText(report.locked)}`
  }
  if (outcome === 'waiting')
    return [
      `${style.warning('waiting:')} nothing can go until these backups end or answer; run it again later`,
      ...waitingFor.map(
        ({ session, writer, since }) => `  session ${session} of ${writer}, last heard of ${time(since)}`,
      ),
    ].join('\n')
  const lines = [
    `${style.good('ok:')} ${looked}; ${count(packsDeleted, 'pack')} deleted, ${size(bytesFreed)} freed`,
    ...(report.packsRepacked === 0
      ? []
      : [`${size(report.bytesCopied)} copied out of ${count(report.packsRepacked, 'pack')}`]),
    ...(report.repackStopped ? ['not every pack could be copied: the storage is full, or a pack is damaged'] : []),
    ...(report.locked === undefined ? [] : [lockedText(report.locked)]),
    ...(report.sessionsFenced.length === 0
      ? []
      : [`${count(report.sessionsFenced.length, 'backup')} without a sign of life given up`]),
  ]
  return lines.join('\n')
}
