import type { SyncedPoint, SyncOutcome, SyncReport } from '@vmkeep/repository'
import { count, size, time } from '../output/human.ts'
import type { Style } from '../output/style.ts'
import { type Column, table } from '../output/table.ts'

const words: Readonly<Record<SyncOutcome, string>> = {
  copied: 'copied',
  'would-copy': 'would be copied',
  there: 'there already',
  forgotten: 'forgotten there',
  damaged: 'damaged',
  unseen: 'left out',
  failed: 'failed',
  pending: 'not tried',
}

const columns: readonly Column<SyncedPoint>[] = [
  { title: 'POINT', value: ({ point }) => point },
  { title: 'VM', value: ({ subject }) => subject?.name },
  { title: 'CREATED', value: ({ createdAt }) => time(createdAt) },
  {
    title: 'RESULT',
    value: ({ outcome }) => words[outcome],
    paint: ({ outcome, error }, style) =>
      outcome === 'failed' || outcome === 'damaged'
        ? style.bad
        : outcome === 'pending' || error !== undefined
          ? style.warning
          : style.good,
  },
  { title: 'COPY', value: ({ copy }) => copy },
  { title: 'SIZE', value: ({ bytes }) => (bytes === 0 ? '' : size(bytes)), align: 'right' },
]

/** What was copied, point by point. Points that are there already are only counted. */
export function describeSync({ points, verbatim }: SyncReport, style: Style): string {
  const shown = points.filter(({ outcome }) => outcome !== 'there' && outcome !== 'forgotten')
  const causes = shown.flatMap(({ point, error }) =>
    error === undefined ? [] : [`${point}: ${error.message}${error.code === undefined ? '' : ` (${error.code})`}`],
  )
  const of = (wanted: SyncOutcome) => points.filter(({ outcome }) => outcome === wanted)
  const copied = [...of('copied'), ...of('would-copy')]
  const bytes = copied.reduce((sum, point) => sum + point.bytes, 0)
  const wouldCopy = of('would-copy').length > 0
  const how = verbatim
    ? ''
    : wouldCopy
      ? ' at most: the keys differ, what is known there is told only then'
      : ', sealed anew: the keys differ'
  const summary = [
    `${count(copied.length, 'restore point')} ${wouldCopy ? 'would be copied' : 'copied'}, ${size(bytes)}${how}`,
    `${of('there').length} there already`,
    ...(of('forgotten').length > 0 ? [`${of('forgotten').length} forgotten there, which stay so without --again`] : []),
  ].join('; ')
  return [
    ...(shown.length > 0 ? [table(shown, columns, style), ''] : []),
    ...causes,
    ...(causes.length > 0 ? [''] : []),
    summary,
  ].join('\n')
}
