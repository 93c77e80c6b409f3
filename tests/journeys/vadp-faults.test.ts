// The table of faults holds: each has a rule that the lab's reference tells, and a test of that name; what has none is printed.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { vadpFaults } from './vadp-faults.ts'

const read = (path: string) => readFileSync(join(import.meta.dirname, '../..', path), 'utf8')
const shown = vadpFaults.filter(({ missing }) => missing === undefined)
const missing = vadpFaults.filter((row) => row.missing !== undefined)

it.each(shown)('$section $fault', ({ rule, shownBy }) => {
  const [file, name] = shownBy!.split(/: (.*)/s)
  expect(read('docs/reference/lab-faults.md')).toContain(rule)
  expect(read(file!)).toContain(name)
})

it('what no rule or no test shows is told, with the reason', () => {
  for (const row of missing) expect(row.missing!.length).toBeGreaterThan(5)
  const lines = missing.map((row) => `  ${row.section} ${row.fault}: ${row.missing}`)
  process.stdout.write(
    `${shown.length} faults have a rule and a test, ${missing.length} do not:\n${lines.join('\n')}\n`,
  )
})
