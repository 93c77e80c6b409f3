import stringWidth from 'string-width'
import { oneLine, type Style, styleOf } from './style.ts'

export interface Column<Row> {
  readonly title: string
  /** What the cell says. An empty cell is written as `-`, so that columns can be counted. */
  readonly value: (row: Row) => string | undefined
  readonly align?: 'left' | 'right'
  readonly paint?: (row: Row, style: Style) => (text: string) => string
}

/** Rows under a header line, columns padded by how wide a terminal shows them. No borders, nothing cut off. */
export function table<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  style: Style = styleOf(false),
): string {
  const cells = rows.map((row) => columns.map((column) => oneLine(column.value(row) ?? '') || '-'))
  const widths = columns.map((column, at) => {
    const texts = [column.title, ...cells.map((line) => line[at]!)]
    return texts.reduce((most, text) => Math.max(most, stringWidth(text)), 0)
  })
  const header = line(columns.map(({ title }, at) => style.strong(pad(title, widths[at]!, columns[at]!.align))))
  const body = rows.map((row, index) =>
    line(columns.map((column, at) => paint(column, row, style)(pad(cells[index]![at]!, widths[at]!, column.align)))),
  )
  return [header, ...body].join('\n')
}

/** `name: value` lines, values aligned. */
export function facts(pairs: readonly (readonly [name: string, value: string | undefined])[]): string {
  const known = pairs.filter((pair): pair is readonly [string, string] => pair[1] !== undefined)
  const width = known.reduce((most, [name]) => Math.max(most, stringWidth(name)), 0)
  return known.map(([name, value]) => `${pad(`${name}:`, width + 1)} ${value}`).join('\n')
}

const line = (cells: readonly string[]) => cells.join('  ').trimEnd()

function pad(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const gap = ' '.repeat(Math.max(0, width - stringWidth(text)))
  return align === 'right' ? gap + text : text + gap
}

function paint<Row>(column: Column<Row>, row: Row, style: Style): (text: string) => string {
  return column.paint?.(row, style) ?? ((text) => text)
}
