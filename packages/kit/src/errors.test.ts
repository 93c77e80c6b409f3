import { expect, test } from 'vitest'
import { errorFromData, errorToData } from './error-data.ts'
import { AppError, causes, codeOf, defineErrors, hasCode, isAbort } from './errors.ts'

const fail = defineErrors({
  'test.gone': ['retry', () => 'it went away; try again'],
  'test.bad-chunk': ['quarantine', (d: { id: string; pack: string }) => `chunk ${d.id} in pack ${d.pack} is bad`],
})

test('an error carries its code, remedy, details and cause', () => {
  const error = fail('test.bad-chunk', { id: 'a1', pack: 'p7' }, new Error('why'))
  expect(error).toMatchObject({
    code: 'test.bad-chunk',
    remedy: 'quarantine',
    details: { id: 'a1' },
    cause: { message: 'why' },
  })
  expect(error.message).toBe('chunk a1 in pack p7 is bad')
})

test('a misspelt code or a missing detail does not compile', () => {
  // @ts-expect-error no such code
  expect(() => fail('test.bad-chunck', { id: 'a1', pack: 'p7' })).toThrow(TypeError)
  // @ts-expect-error `pack` is missing
  fail('test.bad-chunk', { id: 'a1' })
  expect(codeOf(fail('test.gone', {}))).toBe('test.gone')
})

test('a code is found however deep it lies, and a loop of causes ends', () => {
  const inner = fail('test.gone', {})
  const outer = new Error('outer', { cause: new Error('middle', { cause: inner }) })
  expect(hasCode(outer, 'test.other', 'test.gone')).toBe(true)
  expect(hasCode(outer, 'test.other')).toBe(false)
  const loop = new Error('loop')
  loop.cause = loop
  expect([...causes(loop)]).toEqual([loop])
})

test('an error crosses a thread as data and comes back with code, remedy, details and cause', () => {
  const error = fail(
    'test.bad-chunk',
    { id: 'a1', pack: 'p7' },
    Object.assign(new Error('reset'), { code: 'ECONNRESET' }),
  )
  const back = errorFromData(structuredClone(errorToData(error)))
  expect(back).toBeInstanceOf(AppError)
  expect(back).toMatchObject({
    code: 'test.bad-chunk',
    remedy: 'quarantine',
    details: { pack: 'p7' },
    cause: { code: 'ECONNRESET' },
  })
  expect(codeOf(structuredClone(error))).toBeUndefined() // why errorToData exists
})

test('an abort is told apart from a failure', () => {
  const reason = new Error('Ctrl-C')
  expect(isAbort(reason, AbortSignal.abort(reason))).toBe(true)
  expect(isAbort(new Error('other'), AbortSignal.abort(reason))).toBe(false)
  expect(isAbort(reason, undefined)).toBe(false)
})
