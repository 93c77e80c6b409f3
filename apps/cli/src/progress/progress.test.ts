import { fakeClock } from '@vmkeep/kit/testing'
import type { RunEvent } from '@vmkeep/run'
import { describe, expect, it } from 'vitest'
import { globalOptions, type GlobalOptions } from '../global-options.ts'
import { openConsole } from '../console.ts'
import { fakeWorld, shownBy } from '../testing.ts'
import { progressStyle, type ProgressStyle } from './progress.ts'
import { Rate } from './rate.ts'

const MiB = 2 ** 20

const phase = (disk: string, name: (RunEvent & { type: 'disk-phase' })['phase'], detail?: string): RunEvent => ({
  type: 'disk-phase',
  vm: 'web-01',
  disk,
  phase: name,
  ...(detail === undefined ? {} : { detail }),
})
const read = (disk: string, readBytes: number, totalBytes = 100 * MiB): RunEvent => ({
  type: 'disk-progress',
  vm: 'web-01',
  disk,
  totalBytes,
  provisionedBytes: 2 ** 30,
  changedBytes: totalBytes,
  readBytes,
  sentBytes: readBytes / 2,
  storedBytes: readBytes / 4,
})

const fallbacks = Object.fromEntries(
  Object.entries(globalOptions).map(([key, { fallback }]) => [key, fallback]),
) as unknown as GlobalOptions

function start(style: ProgressStyle, setting: { isTTY?: boolean; columns?: number; quiet?: boolean } = {}) {
  const clock = fakeClock()
  const world = fakeWorld([], { clock, isTTY: style === 'bar', columns: 160, ...setting })
  const { progress, say } = openConsole(world, {
    ...fallbacks,
    progress: style,
    quiet: setting.quiet ?? false,
    color: false,
  })
  const lines = () => world.stderr.written.split('\n').slice(0, -1)
  return { world, progress, say, lines, clock, tell: progress.onEvent }
}

describe('the rate', () => {
  it('is exact when steady, and says nothing about the end before 20 s', () => {
    const rate = new Rate(0)
    for (let s = 1; s <= 19; s++) rate.update(s * 1000, s * 50)
    expect(rate.perSecond).toBeCloseTo(50)
    expect(rate.remainingMs(500, 19_000)).toBeUndefined()
    rate.update(20_000, 1000)
    expect(rate.remainingMs(500, 20_000)).toBeCloseTo(10_000)
  })

  it('follows a change of speed within minutes, and a standstill too', () => {
    const rate = new Rate(0)
    let value = 0
    let s = 0
    const go = (seconds: number, perSecond: number) => {
      for (const end = s + seconds; s < end;) rate.update(++s * 1000, (value += perSecond))
    }
    go(60, 100)
    go(60, 10)
    expect(rate.perSecond).toBeCloseTo(10 + 90 / (Math.E + 1), 0)
    go(300, 0)
    expect(rate.perSecond).toBeLessThan(1)
  })

  it('is not thrown by updates in the same instant', () => {
    const rate = new Rate(0)
    rate.update(0, 10)
    rate.update(50, 20)
    expect(rate.perSecond).toBeUndefined()
    rate.update(1000, 100)
    expect(rate.perSecond).toBe(100)
  })
})

describe('plain progress', () => {
  it('writes one line per change of phase and one per interval', () => {
    const { tell, progress, clock, lines } = start('plain')
    tell(phase('Hard disk 1', 'queued'))
    tell(phase('Hard disk 1', 'read'))
    for (let s = 1; s <= 125; s++) {
      clock.advance(1000)
      tell(read('Hard disk 1', (s * MiB) / 2))
      progress.tick()
    }
    tell(phase('Hard disk 1', 'done'))
    expect(lines()).toEqual([
      'web-01 Hard disk 1: read',
      'web-01 Hard disk 1: read, 30 % (30 MiB of 100 MiB), sent 15 MiB, stored 7.5 MiB, 512 KiB/s, 2 min 20 s left',
      'web-01 Hard disk 1: read, 60 % (60 MiB of 100 MiB), sent 30 MiB, stored 15 MiB, 512 KiB/s, 1 min 20 s left',
      'web-01 Hard disk 1: done, 62 % (62.5 MiB of 100 MiB), sent 31.3 MiB, stored 15.6 MiB',
    ])
  })

  it('says estimating while it is too early, and why a disk waits or was skipped', () => {
    const { tell, clock, lines, progress } = start('plain')
    tell(phase('d', 'waiting', 'datastore limit'))
    tell(phase('d', 'read'))
    clock.advance(1000)
    tell(read('d', MiB))
    progress.status()
    tell(phase('e', 'skipped', 'a raw device'))
    expect(lines()[0]).toBe('web-01 d: waiting, datastore limit')
    expect(lines()[2]).toContain('0 of 1 disk done')
    expect(lines()[2]).toContain('time left: estimating')
    expect(lines()[3]).toBe('web-01 e: skipped, a raw device')
  })

  it('writes no control sequences', () => {
    const { tell, world } = start('plain')
    tell(phase('evil \u001B[2J', 'read'))
    tell({ type: 'vm-phase', vm: 'web\u0007', phase: 'preparing' })
    expect(world.stderr.written).not.toMatch(/[\u001B\u0007]/) // eslint-disable-line no-control-regex -- that is the test
  })
})

describe('progress bars', () => {
  it('draw one line per active disk and one for the whole, at most ten times a second', () => {
    const { tell, clock, world } = start('bar')
    for (const disk of ['Hard disk 1', 'Hard disk 2']) tell(phase(disk, 'read'))
    let draws = 0
    for (let ms = 0; ms < 1000; ms += 10) {
      clock.advance(10)
      const before = world.stderr.written.length
      tell(read('Hard disk 1', (ms / 10) * MiB))
      if (world.stderr.written.length > before) draws++
    }
    expect(draws).toBeLessThanOrEqual(10)
    expect(draws).toBeGreaterThanOrEqual(9)
    const shown = shownBy(world.stderr.written, 160)
    expect(shown[0]).toMatch(
      /^web-01 Hard disk 1 {2}read ━+─* \d\d % \(\d\d MiB of 100 MiB\), \d+.* MiB\/s, estimating, sent /,
    )
    expect(shown[1]).toMatch(/^web-01 Hard disk 2 {2}read/)
    expect(shown[2]).toMatch(/^\d s elapsed, 0 of 2 disks done, changed 100 MiB, read \d\d MiB/)
    expect(shown).toHaveLength(4)
  })

  it('keep messages above, take finished disks away, and give the cursor back', () => {
    const { tell, clock, world, progress } = start('bar')
    tell(phase('a', 'read'))
    tell({ type: 'note', level: 'warn', vm: 'web-01', message: 'quiescing failed' })
    clock.advance(1000)
    tell(phase('a', 'done'))
    expect(shownBy(world.stderr.written, 160)).toEqual([
      'warning: web-01: quiescing failed',
      expect.stringMatching(/1 of 1 disk done/),
      '',
    ])
    progress.close()
    expect(shownBy(world.stderr.written, 160)).toEqual(['warning: web-01: quiescing failed', ''])
    expect(world.stderr.written.endsWith('\u001B[?25h')).toBe(true)
  })

  it('fit a narrow window with many disks and Chinese names', () => {
    const { tell, clock, world, progress } = start('bar', { columns: 30 })
    for (let i = 0; i < 40; i++) tell({ ...phase(`硬盘 ${i}`, 'read'), vm: '数据库服务器' } as RunEvent)
    clock.advance(1000)
    progress.tick()
    const shown = shownBy(world.stderr.written, 30)
    expect(shown.length).toBeLessThanOrEqual(15)
    expect(shown).toContain('and 28 more at work')
  })

  it('move on without news once a second', () => {
    const { tell, clock, world, progress } = start('bar')
    tell(phase('a', 'read'))
    clock.advance(1500)
    progress.tick()
    expect(shownBy(world.stderr.written, 160).join()).toContain('2 s elapsed')
  })
})

describe('jsonl progress', () => {
  it('is the events with their time, a disk at most once a second, notes included', () => {
    const { tell, clock, lines, progress } = start('jsonl')
    tell({ type: 'run-started', runId: 'r1', vms: ['web-01'] })
    for (let i = 1; i <= 30; i++) {
      clock.advance(100)
      tell(read('d', i * MiB))
    }
    tell(read('d', 100 * MiB))
    tell({ type: 'note', level: 'info', vm: 'web-01', code: 'x', message: 'done soon' })
    progress.status()
    tell({ type: 'run-finished', runId: 'r1', outcome: 'ok' })
    const events = lines().map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(events.map(({ type }) => type)).toEqual([
      'run-started',
      'disk-progress',
      'disk-progress',
      'disk-progress',
      'disk-progress',
      'note',
      'status',
      'run-finished',
    ])
    expect(events[0]).toMatchObject({ time: '2026-01-01T00:00:00.000Z', runId: 'r1' })
    expect(events.at(-1)).toMatchObject({ outcome: 'ok', readBytes: 100 * MiB })
    expect(events[5]).toMatchObject({ vm: 'web-01', code: 'x', time: expect.any(String) })
    expect(events[6]).toMatchObject({ all: 1, readBytes: 100 * MiB })
  })
})

describe('the kind of progress', () => {
  const about = { isTTY: true, quiet: false, isCi: false }
  it.each([
    [undefined, about, 'bar'],
    [undefined, { ...about, isTTY: false }, 'plain'],
    [undefined, { ...about, isCi: true }, 'plain'],
    ['bar', { ...about, isTTY: false }, 'plain'],
    ['bar', { ...about, isCi: true }, 'bar'],
    ['jsonl', about, 'jsonl'],
    ['plain', { ...about, quiet: true }, 'none'],
  ] as const)('%s with %j is %s', (asked, where, wanted) => expect(progressStyle(asked, where)).toBe(wanted))

  it('none still answers a request for status, quiet prints errors only', () => {
    const { tell, progress, lines, say } = start('none', { quiet: true })
    tell(phase('a', 'read'))
    tell({ type: 'note', level: 'warn', message: 'hush' })
    tell({ type: 'note', level: 'error', vm: 'web-01', message: 'web-01: broken' })
    say.log({ level: 'info', message: 'chatter' })
    expect(lines()).toEqual(['error: web-01: broken'])
    progress.status()
    expect(lines()).toHaveLength(2)
  })
})
