import type { DemoResult } from './demo-result.ts'

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

export function humanBytes(bytes: number): string {
  const power = bytes === 0 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), units.length - 1)
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`
}

export function formatDemo({ rows, checks, deduplication, compression, seconds }: DemoResult): string {
  const header = ['step', 'vm', 'provisioned', 'changed', 'read', 'sent', 'stored', 'seconds']
  const lines = rows.map((row) => [
    row.step,
    row.vm,
    ...[row.provisionedBytes, row.changedBytes, row.readBytes, row.sentBytes, row.storedBytes].map(humanBytes),
    row.seconds.toFixed(1),
  ])
  const widths = header.map((_, column) => Math.max(...[header, ...lines].map((cells) => cells[column]!.length)))
  const line = (cells: string[]) =>
    cells.map((cell, i) => (i < 2 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ')
  const verdicts = checks.map(({ ok, what, by }) => `${ok ? 'ok    ' : 'FAILED'}  ${what} (${by})`)
  const ratios = `deduplication ${deduplication.toFixed(2)}x   compression ${compression.toFixed(2)}x   ${seconds.toFixed(0)} seconds in all`
  return ['', line(header), ...lines.map(line), '', ...verdicts, '', ratios].join('\n')
}
