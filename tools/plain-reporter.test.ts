import { expect, it } from 'vitest'
import { countRun, type RunModule } from './plain-reporter.ts'

// Each model is what Vitest 5.1 was seen to report for a file that does what the name says.
const test = (state: string, mode = 'run') => ({ options: { mode }, result: () => ({ state }) })
type TestModel = ReturnType<typeof test>
const suite = (tests: TestModel[], errors: unknown[] = []) => ({
  errors: () => errors,
  children: { allTests: () => tests },
})
const module = (tests: TestModel[], errors: unknown[] = [], suites: ReturnType<typeof suite>[] = []): RunModule => ({
  errors: () => errors,
  children: { allSuites: () => suites, allTests: () => [...tests, ...suites.flatMap((s) => s.children.allTests())] },
})
const passing = module([test('passed')])

it.each([
  ['all sorts', [module([test('passed'), test('failed'), test('skipped', 'skip'), test('skipped')])], [], [1, 1, 2]],
  ['a file that cannot be imported', [passing, module([], ['no module'])], [], [1, 1, 0]],
  [
    'a failed beforeAll',
    [module([], [], [suite([test('skipped'), test('skipped', 'skip')], ['hook'])])],
    [],
    [0, 2, 1],
  ],
  ['a failed afterAll', [module([], [], [suite([test('passed')], ['hook'])])], [], [1, 1, 0]],
  ['a failed afterAll of the file', [module([test('passed')], ['hook'])], [], [1, 1, 0]],
  ['an error nobody awaited', [passing], ['late'], [1, 1, 0]],
  ['a test that never ended', [module([test('pending')])], [], [0, 1, 0]],
])('counts %s', (_, modules, unhandled, [passed, failed, skipped]) =>
  expect(countRun(modules, unhandled, failed === 0 ? 'passed' : 'failed')).toEqual({ passed, failed, skipped }),
)

it('never calls a failed run a success', () => {
  expect(countRun([passing], [], 'failed').failed).toBe(1)
  expect(countRun([passing], [], 'interrupted').failed).toBe(1)
  expect(countRun([], [], 'failed').failed).toBe(1)
  expect(countRun([passing], [], 'passed').failed).toBe(0)
})
