import { type BenchResult, type Metric, ratiosOf } from './scenario.ts'

/** A result as a person reads it: one row per metric, one column per contestant, vmkeep's share of each other's behind it. */
export function tableOf({ name, about, metrics }: BenchResult): string {
  const who = [...new Set(metrics.flatMap(({ values }) => Object.keys(values)))]
  const others = who.filter((one) => one !== 'vmkeep')
  const header = ['', ...who, ...others.map((one) => `÷ ${one}`)]
  const rows = metrics.map((metric) => {
    const ratios = ratiosOf(metric)
    const values = who.map((one) => shown(metric.values[one], metric.unit))
    return [metric.name, ...values, ...others.map((one) => (one in ratios ? `${ratios[one]} ×` : '-'))]
  })
  const lines = [
    `## ${name}`,
    ...Object.entries(about).map(([key, value]) => `   ${key}: ${value}`),
    '',
    ...aligned([header, ...rows]),
  ]
  return `${lines.join('\n')}\n`
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
