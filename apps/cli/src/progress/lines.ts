import { count, length, percentOf, size, speed } from '../output/human.ts'
import { oneLine, type Style } from '../output/style.ts'
import type { DiskState, RunState } from './run-state.ts'

// One line about a disk, one about the whole run: the words all renderers share.

/** `web-01 Hard disk 1: read 42 %, 1.2 GiB of 3.1 GiB, sent 0.5 GiB, stored 0.4 GiB, 84 MiB/s, 2 min 10 s left` */
export function diskLine(disk: DiskState, nowMs: number): string {
  return `${nameOf(disk)}: ${[disk.phase, ...amounts(disk), ...pace(disk, nowMs), ...remark(disk)].join(', ')}`
}

/** The same for a terminal, with a bar, and what matters most first: a narrow window cuts the end. */
export function barLine(disk: DiskState, nowMs: number, style: Style): string {
  const { readBytes, totalBytes } = disk.sizes
  const bar = totalBytes > 0 ? `${barOf(readBytes / totalBytes, style)} ` : ''
  const [done, ...sizes] = amounts(disk)
  const facts = [...(done === undefined ? [] : [done]), ...pace(disk, nowMs), ...sizes, ...remark(disk)]
  return `${nameOf(disk)}  ${disk.phase} ${bar}${facts.join(', ')}`
}

export function runLine(state: RunState, nowMs: number): string {
  const { done, failed, skipped, all } = state.counts()
  const { changedBytes, readBytes, sentBytes, storedBytes } = state.totals()
  const left = state.remainingMs(nowMs)
  return [
    `${length(nowMs - state.startedMs)} elapsed`,
    `${done} of ${count(all, 'disk')} done`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
    `changed ${size(changedBytes)}, read ${size(readBytes)}, sent ${size(sentBytes)}, stored ${size(storedBytes)}`,
    ...(state.bytesPerSecond === undefined ? [] : [speed(state.bytesPerSecond)]),
    ...(done + failed + skipped === all ? [] : [left === undefined ? 'time left: estimating' : `${length(left)} left`]),
  ].join(', ')
}

const nameOf = ({ vm, disk }: DiskState) => oneLine(`${vm} ${disk}`)

const remark = ({ detail }: DiskState) => (detail === undefined ? [] : [oneLine(detail)])

function amounts({ sizes }: DiskState): string[] {
  const { readBytes, totalBytes, sentBytes, storedBytes } = sizes
  if (totalBytes === 0) return []
  return [
    `${percentOf(readBytes, totalBytes)} (${size(readBytes)} of ${size(totalBytes)})`,
    ...(sentBytes > 0 ? [`sent ${size(sentBytes)}`, `stored ${size(storedBytes)}`] : []),
  ]
}

function pace({ phase, sizes, rate }: DiskState, nowMs: number): string[] {
  if (rate.perSecond === undefined || (phase !== 'read' && phase !== 'write' && phase !== 'verify')) return []
  const left = rate.remainingMs(sizes.totalBytes - sizes.readBytes, nowMs)
  return [speed(rate.perSecond), left === undefined ? 'estimating' : `${length(left)} left`]
}

const barCells = 20

function barOf(fraction: number, style: Style): string {
  const full = Math.floor(Math.min(1, Math.max(0, fraction)) * barCells)
  return style.good('━'.repeat(full)) + style.faint('─'.repeat(barCells - full))
}
