// `npm run check`: the one gate. Everything at once, one line for each step, and all that a failed one said.
import { delimiter, join } from 'node:path'
import { runProgram } from './run-program.ts'

const root = join(import.meta.dirname, '..')
const programs = join(root, 'node_modules', '.bin')

interface Step {
  /** A program of `node_modules/.bin` and its arguments. */
  readonly run: readonly [program: string, ...args: string[]]
  readonly env?: Readonly<Record<string, string>>
}

/**
 * One thread for types and one for lint: each thread of the checker works the vim25 tables out anew. On two cores one took
 * 9 s where the default four took 21 s, and lint 9 s instead of 22 s.
 */
const steps: Readonly<Record<string, Step>> = {
  format: { run: ['oxfmt', '--check', '.'] },
  lint: { run: ['oxlint', '--type-aware'], env: { GOMAXPROCS: '1' } },
  types: {
    run: ['tsc', '-p', '.', '--checkers', '1', '--incremental', '--tsBuildInfoFile', '.cache/types.tsbuildinfo'],
  },
  'dead code': { run: ['knip', '--no-progress'] },
  'layers, docs': { run: ['vitest', 'run', '--project', 'unit', 'architecture.test.ts', 'tools/docs.test.ts'] },
}

const outcomes = await Promise.all(Object.entries(steps).map(([name, step]) => runStep(name, step)))
for (const { name, output } of outcomes.filter(({ passed }) => !passed))
  console.log(`\n=== ${name} ===\n${output.trimEnd()}`)
process.exitCode = outcomes.every(({ passed }) => passed) ? 0 : 1

async function runStep(name: string, { run: [program, ...args], env }: Step) {
  // The programs say "node" in their first line, and it must be the Node that came with them.
  const path = `${programs}${delimiter}${process.env['PATH'] ?? ''}`
  const result = await runProgram(join(programs, program), args, { cwd: root, env: { ...env, PATH: path } })
  const passed = result.exitCode === 0
  console.log(
    `${passed ? 'ok    ' : 'FAILED'} ${name.padEnd(14)} ${(result.elapsedMs / 1000).toFixed(1).padStart(5)} s`,
  )
  return { name, passed, output: result.output }
}
