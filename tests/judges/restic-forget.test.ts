// restic forgets from the same histories by the same policies, and must keep the same points: real snapshots at given times, `forget --dry-run`.
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { forEachConcurrent, type Random, seededRandom } from '@vmkeep/kit'
import { parseRetentionPolicy, planRetention, type RetentionConfig, type RetentionPoint } from '@vmkeep/retention'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { judgeTest, mustAgree } from './judge.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vmkeep-restic-'))
  await writeFile(join(folder, 'file'), 'all a snapshot needs')
})
afterAll(() => rm(folder, { recursive: true }))

/** By program: one repository each. */
const created = new Map<string, Promise<string>>()

/** What clocks showed, and where: one that shows an hour twice is told apart by zones of a constant offset (Etc/GMT-2 is two hours ahead). */
type Moment = readonly [clock: string, zone?: string]

const common: readonly Moment[] = [
  ['2020-12-31 23:59:59'], // 2020-W53
  ['2021-01-03 00:00:00'], // the same week
  ['2024-02-29 12:00:00'],
  ['2025-12-28 10:00:00'],
  ['2025-12-29 10:00:00'], // 2026-W01, exactly a day later
  ['2026-01-01 00:00:00'],
] // none of the future: restic counts those, we do not

const histories: Readonly<Record<string, readonly Moment[]>> = {
  'Europe/Berlin': [
    ...common,
    ['2026-03-29 01:59:59'],
    ['2026-03-29 03:00:00'],
    ['2025-10-26 02:10:00', 'Etc/GMT-2'],
    ['2025-10-26 02:50:00', 'Etc/GMT-2'],
    ['2025-10-26 02:10:00', 'Etc/GMT-1'], // the same hour again
    ['2025-10-26 23:59:59'],
  ],
  'America/New_York': [
    ...common,
    ['2026-03-08 01:59:59'],
    ['2026-03-08 03:00:00'],
    ['2025-11-02 01:10:00', 'Etc/GMT+4'],
    ['2025-11-02 01:05:00', 'Etc/GMT+5'],
    ['2025-11-02 01:55:00', 'Etc/GMT+5'],
  ],
  'Australia/Lord_Howe': [
    ...common,
    ['2026-04-05 01:20:00'],
    ['2026-04-05 02:00:00'],
    ['2025-10-05 01:59:59'],
    ['2025-10-05 02:30:00'],
    ['2025-10-05 23:59:59'],
  ],
}

interface Snapshot {
  readonly time: string
  readonly tags: readonly string[]
}

/** Debian's, whichever that is, and one that keeps the oldest snapshot while a count is not used up. */
const programs = ['restic', 'restic-0.18'] as const

describe.each(programs)('the rules that count for themselves, by %s,', (program) => {
  for (const [timeZone, moments] of Object.entries(histories))
    judgeTest(`keep what it keeps, in ${timeZone}`, [program], async ({ [program]: restic }) => {
      const random = seededRandom(`restic in ${timeZone}`)
      const repository = await resticRepository(restic, { timeZone, host: randomUUID() })
      const rules = { keepsOldest: await keepsOldest(restic) }
      const groups = moments.map(() => ['all', ...some(random, 0.7, ['most', 'many'])])
      await forEachConcurrent(moments.entries(), 2, async ([index, [clock, zone = timeZone]]) => {
        const tags = groups[index]!.flatMap((tag) => ['--tag', tag])
        await repository.backup(zone, ...tags, '--time', clock)
      })
      const snapshots = await repository.snapshots()
      expect(snapshots).toHaveLength(moments.length)
      const policies = Array.from({ length: 12 }, (_, i) => randomPolicy(random, timeZone, kinds[i % 3]!))
      let removing = 0
      await forEachConcurrent(policies.entries(), 2, async ([index, config]) => {
        const group = ['all', 'most', 'many'][Math.floor(index / 3) % 3]!
        const history = snapshots.filter(({ tags }) => tags.includes(group))
        const theirs = await repository.forget(group, config)
        expect({ group, config, kept: ours(history, config, rules) }).toEqual({ group, config, kept: theirs })
        removing += Number(theirs.length < history.length)
      })
      expect(removing, 'policies that have something to decide').toBeGreaterThan(policies.length / 2)
    })
})

/** Times of what our rules keep; of what they keep as the oldest only if `keepsOldest`. */
function ours(
  snapshots: readonly Snapshot[],
  config: RetentionConfig,
  { keepsOldest }: { keepsOldest: boolean },
): string[] {
  const points = snapshots.map(({ time, tags }): RetentionPoint => ({
    id: time,
    subject: 'vm',
    timeMs: Date.parse(time),
    tags,
  }))
  const { decisions } = planRetention(points, parseRetentionPolicy(config), Date.now())
  return decisions
    .filter(({ byRules }) => byRules === 'keep')
    .filter(({ reasons }) => keepsOldest || !reasons.every((reason) => 'onlyOldest' in reason && reason.onlyOldest))
    .map(({ point }) => point.id)
    .toSorted()
}

/** Whether this restic keeps the oldest snapshot while a count is not used up: from 0.16 on. Debian 12 has 0.14. */
async function keepsOldest(restic: string): Promise<boolean> {
  const [, major, minor] = /^restic (\d+)\.(\d+)/.exec(await mustAgree(restic, ['version']))!
  return Number(major) > 0 || Number(minor) >= 16
}

interface History {
  readonly timeZone: string
  readonly host: string
}

/** One repository for all histories, each of a host of its own: restic takes its time to make one. */
async function resticRepository(restic: string, { timeZone, host }: History) {
  const runIn = (zone: string, ...args: string[]) =>
    mustAgree(restic, ['--no-cache', '--no-lock', '--json', ...args], {
      env: { TZ: zone, RESTIC_REPOSITORY: join(folder, basename(restic)), RESTIC_PASSWORD: 'for a test' },
    })
  if (!created.has(restic)) created.set(restic, runIn('UTC', 'init'))
  await created.get(restic)
  return {
    backup: (zone: string, ...args: string[]) => runIn(zone, 'backup', '--host', host, ...args, join(folder, 'file')),
    snapshots: async () => JSON.parse(await runIn('UTC', 'snapshots', '--host', host)) as Snapshot[],
    /** Times of what restic keeps of the snapshots that have the tag `group`. */
    forget: async (group: string, config: RetentionConfig): Promise<string[]> => {
      const considered = ['--host', host, '--tag', group, '--group-by', '']
      const said = await runIn(timeZone, 'forget', '--dry-run', ...considered, ...flagsOf(config))
      const [decided] = JSON.parse(said) as [{ keep: Snapshot[] | null }]
      return (decided.keep ?? []).map(({ time }) => time).toSorted()
    },
  }
}

/** `keepWithinDaily: 7d` is `--keep-within-daily 7d`. "all" has had two spellings, so a number stands for it that is never reached. */
function flagsOf({
  mode: _mode,
  timeZone: _zone,
  clock: _clock,
  gfs: _gfs,
  guards: _guards,
  keepTags = [],
  ...rules
}: RetentionConfig): string[] {
  const flag = (key: string) => `--${key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
  const counts = Object.entries(rules).flatMap(([key, value]) => [flag(key), value === 'all' ? '9999' : String(value)])
  return [...counts, ...keepTags.flatMap((tags) => ['--keep-tag', tags])]
}

/** How likely a policy has each rule: counts alone, durations alone, and both. */
const kinds = [
  { count: 0.35, within: 0 },
  { count: 0, within: 0.3 },
  { count: 0.2, within: 0.15 },
]

function randomPolicy(random: Random, timeZone: string, likely: (typeof kinds)[number]): RetentionConfig {
  const periods = ['Hourly', 'Daily', 'Weekly', 'Monthly', 'Yearly']
  const up = (max: number) => 1 + Math.floor(random.fraction() * max)
  const durations = () =>
    `${up(2)}y${up(6)}m|${up(14)}m|${up(9)}d|${up(300)}d|1m${up(40)}h|24h|1d|1y|${up(60)}h`.split('|')
  const duration = () => durations()[up(9) - 1]!
  const counts = some(random, likely.count, ['Last', ...periods]).map((rule) => [
    `keep${rule}`,
    up(8) === 8 ? 'all' : up(6),
  ])
  const within = some(random, likely.within, ['', ...periods]).map((rule) => [`keepWithin${rule}`, duration()])
  // Never nothing at all: versions of restic differ in how they refuse that.
  const rules = counts.length + within.length > 0 ? [...counts, ...within] : [['keepLast', 1]]
  const keepTags = up(4) === 4 ? [['most', 'most,many'][up(2) - 1]!] : []
  return { mode: 'independent', timeZone, ...Object.fromEntries(rules), keepTags } as RetentionConfig
}

const some = <T>(random: Random, share: number, items: readonly T[]): T[] =>
  items.filter(() => random.fraction() < share)
