import { type BenchResult, type Metric, ratiosOf } from './scenario.ts'

/** A result as a person reads it: one row per metric, one column per contestant, vmkeep's share of each other's behind it; or a row per contestant. */
export function tableOf({ name, about, metrics }: BenchResult): string {
  const who = [...new Set(metrics.flatMap(({ values }) => Object.keys(values)))]
  if (!who.includes('vmkeep')) return page(name, about, rowPerContestant(metrics, who))
  const others = who.filter((one) => one !== 'vmkeep')
  const header = ['', ...who, ...others.map((one) => `÷ ${one}`)]
  const rows = metrics.map((metric) => {
    const ratios = ratiosOf(metric)
    const values = who.map((one) => shown(metric.values[one], metric.unit))
    return [metric.name, ...values, ...others.map((one) => (one in ratios ? `${ratios[one]} ×` : '-'))]
  })
  return page(name, about, [header, ...rows])
}

/** Where many ways are compared, none of which is "vmkeep". */
const rowPerContestant = (metrics: readonly Metric[], who: readonly string[]): string[][] => [
  ['', ...metrics.map(({ name }) => name)],
  ...who.map((one) => [one, ...metrics.map(({ values, unit }) => shown(values[one], unit))]),
]

function page(name: string, about: BenchResult['about'], rows: readonly (readonly string[])[]): string {
  const facts = Object.entries(about).map(([key, value]) => `   ${key}: ${value}`)
  return `${[`## ${name}`, ...facts, '', ...aligned(rows)].join('\n')}\n`
}

function shown(value: number | null | undefined, unit: Metric['unit']): string {
  if (value === null || value === undefined) return '-'
  return unit === 'bytes' ? `${(value / 2 ** 20).toFixed(1)} MiB` : `${value} ${unit}`
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  '),
  )
}
