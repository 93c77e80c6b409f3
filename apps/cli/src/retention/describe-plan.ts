import { count, time } from '../output/human.ts'
import type { Style } from '../output/style.ts'
import { type Column, table } from '../output/table.ts'
import type { PlannedPoint } from './plan-points.ts'

interface Words {
  /** Over what becomes of a point: `WOULD BE`. */
  readonly title: string
  readonly keep: string
  readonly remove: string
}

/** The points of each VM under its name, newest first, with what becomes of each and why. */
export function describePlan(points: readonly PlannedPoint[], words: Words, style: Style): string {
  const columns = columnsOf(words)
  const byVm = Map.groupBy(points, ({ vm }) => vm)
  const parts = [...byVm].map(([vm, ofVm]) => {
    const removed = ofVm.filter(({ action }) => action === 'remove').length
    const kept = ofVm.length - removed
    const sums = [
      ...(kept > 0 ? [`${kept} ${words.keep}`] : []),
      ...(removed > 0 ? [`${removed} ${words.remove}`] : []),
    ]
    const heading = `${style.strong(vm)}: ${count(ofVm.length, 'restore point')}, ${sums.join(', ')}`
    return `${heading}\n${table(ofVm, columns, style)}`
  })
  return parts.join('\n\n')
}

const columnsOf = ({ title, keep, remove }: Words): readonly Column<PlannedPoint>[] => [
  { title: 'POINT', value: ({ id }) => id },
  { title: 'TIME', value: (point) => time(point.time) },
  {
    title,
    value: ({ action }) => (action === 'keep' ? keep : remove),
    paint: ({ action }, style) => (action === 'keep' ? style.good : style.bad),
  },
  { title: 'WHY', value: ({ reasons }) => reasons.join('; ') },
]
