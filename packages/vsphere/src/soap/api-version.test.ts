import { FormatError } from '@vmkeep/kit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chooseVersion, compareVersions, readServiceVersions } from './api-version.ts'

describe('versions', () => {
  it('are read from what vcsim and vCenter publish', () => {
    expect(
      readServiceVersions(
        '<?xml version="1.0" encoding="UTF-8"?><namespaces version="1.0"><namespace><name>urn:vim25</name><version>6.5</version>' +
          '<priorVersions><version>6.0</version><version>5.5</version></priorVersions></namespace>' +
          '<namespace><name>urn:vim2</name><version>2.0</version></namespace></namespaces>',
      ),
    ).toEqual(['6.5', '6.0', '5.5'])
  })

  it.each(['', '<html/>', '<namespaces/>', `<namespaces>${'<a>'.repeat(100)}`])('are refused in %j', (text) =>
    expect(() => readServiceVersions(text)).toThrow(FormatError),
  )

  it.each([
    [['8.0.3.0', '8.0.2.0'], '8.0.3.0'],
    [['9.0.0.0', '8.0.3.0', '6.5'], '8.0.3.0'],
    [['9.0.0.0', '8.0.2.0', '8.0.10.0'], '8.0.2.0'],
    [['6.7', '6.7.3', '6.5'], '6.7.3'],
    [['6.0', '5.5'], undefined],
    [[], undefined],
  ])('of %j, %s is the one to speak', (offered, chosen) => expect(chooseVersion(offered)).toBe(chosen))

  it('are ordered by their numbers', () => {
    const version = fc.array(fc.nat(12), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(version, version, (a, b) => {
        const pad = (v: number[]) =>
          [...v, 0, 0, 0, 0]
            .slice(0, 4)
            .map((n) => String(n).padStart(2, '0'))
            .join()
        expect(Math.sign(compareVersions(a.join('.'), b.join('.')))).toBe(
          pad(a) < pad(b) ? -1 : pad(a) > pad(b) ? 1 : 0,
        )
      }),
    )
  })
})
