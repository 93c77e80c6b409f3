import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { matchesSelector, nearNames, type Selectable } from './selector.ts'

const vm: Selectable = {
  ref: { type: 'VirtualMachine', value: 'vm-42' },
  name: 'web-1',
  inventoryPath: '/DC/vm/prod/web-1',
  instanceUuid: '5037f1a0-aaaa-4000-8000-000000000001',
  biosUuid: '4237f1a0-bbbb-4000-8000-000000000002',
}

describe('matchesSelector', () => {
  it.each<[string, boolean, Partial<Selectable>?]>([
    ['web-1', true],
    [' web-1 ', true],
    ['Web-1', false],
    ['web', false],
    ['web-*', true],
    ['*', true],
    ['web-?', true],
    ['db-*', false],
    ['/DC/vm/prod/web-1', true],
    ['DC/vm/prod/web-1', true],
    ['/DC/vm/web-1', false],
    ['/DC/vm/prod', false],
    ['/DC/vm/prod/*', true],
    ['DC/*/web-1', true],
    ['/Other/*', false],
    ['*/prod/*', true],
    ['vm-42', true],
    ['vm-4', false],
    ['5037F1A0-AAAA-4000-8000-000000000001', true],
    ['4237f1a0-bbbb-4000-8000-000000000002', true],
    ['4237f1a0-bbbb-4000-8000-000000000003', false],
    ['2', true, { ref: { type: 'VirtualMachine', value: '2' } }],
    ['a/b', true, { name: 'a/b', inventoryPath: '/DC/vm/a%2fb' }],
    ['/DC/vm/a%2fb', true, { name: 'a/b', inventoryPath: '/DC/vm/a%2fb' }],
    ['50%', true, { name: '50%' }],
    ['50%25', true, { name: '50%' }],
    ['what?', true, { name: 'what?' }],
    ['[x].*', true, { name: '[x].y' }],
    ['5037f1a0-aaaa-4000-8000-000000000001', false, { instanceUuid: undefined, biosUuid: undefined }],
    ['', false],
  ])('%j: %j', (selector, matches, changes = {}) => {
    expect(matchesSelector(selector, { ...vm, ...changes })).toBe(matches)
  })

  it('always finds a VM by its own path, name and moref', () => {
    const name = fc.string({ minLength: 1 }).filter((s) => s.trim() === s)
    fc.assert(
      fc.property(name, (own) => {
        const inventoryPath = `/DC/vm/${own.replaceAll('/', '%2f')}`
        const named = { ...vm, name: own, inventoryPath, ref: { type: 'VirtualMachine', value: own } }
        for (const selector of [own, inventoryPath, inventoryPath.slice(1)])
          expect(matchesSelector(selector, named)).toBe(true)
      }),
    )
  })
})

describe('nearNames', () => {
  it.each([
    ['web-2', ['web-1', 'web-22', 'db-1'], ['web-1', 'web-22']],
    ['WEB-1', ['web-1'], ['web-1']],
    ['/DC/vm/prod/web-2', ['web-1'], ['web-1']],
    ['zzzzzz', ['web-1', 'db-1'], []],
    ['', ['web-1'], []],
  ])('of %j among %j are %j', (selector, names, near) => expect(nearNames(selector, names)).toEqual(near))

  it('are at most five, and each once', () => {
    expect(nearNames('web', ['web1', 'web1', 'web2', 'web3', 'web4', 'web5', 'web6'])).toHaveLength(5)
    expect(nearNames('web', ['web1', 'web1'])).toEqual(['web1'])
  })
})
