import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeName, encodeName, formatPath, sameName, samePath } from './names.ts'

describe('names', () => {
  it.each([
    ['web', 'web'],
    ['a%2fb', 'a/b'],
    ['a%2Fb%5Cc', String.raw`a/b\c`],
    ['50%25', '50%'],
    ['%252f', '%2f'],
    ['50% off%20', '50% off%20'],
  ])('decodes %j to %j', (stored, shown) => expect(decodeName(stored)).toBe(shown))

  it('decodes what it encodes, whatever the name', () => {
    fc.assert(
      fc.property(fc.string(), (name) => {
        expect(decodeName(encodeName(name))).toBe(name)
        expect(sameName(name, encodeName(name))).toBe(true)
      }),
    )
  })

  it('keeps a path cuttable when a name holds a slash', () => {
    expect(formatPath(['DC', 'vm', 'a%2fb', '50%25'])).toBe('/DC/vm/a%2fb/50%')
  })

  it.each([
    ['/DC/vm/web', 'DC/vm/web', true],
    ['/DC/vm/web/', '/DC/vm/web', true],
    ['DC/vm/a%2Fb', '/DC/vm/a%2fb', true],
    ['DC/vm/50%25', '/DC/vm/50%', true],
    ['DC/vm/Web', '/DC/vm/web', false],
    ['DC/vm', '/DC/vm/web', false],
  ])('compares %j and %j: %j', (a, b, same) => expect(samePath(a, b)).toBe(same))
})
