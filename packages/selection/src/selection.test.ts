import { AppError } from '@vmkeep/kit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { VmFacts } from './facts.ts'
import { fields } from './fields.ts'
import { judge } from './judge.ts'
import { parseSelector } from './parse-selector.ts'
import { protectionOf } from './protection.ts'

const web: VmFacts = {
  name: 'web-01',
  path: '/DC/vm/Prod/Web/web-01',
  uuid: '50112233-4455-6677-8899-aabbccddeeff',
  datacenter: 'DC',
  cluster: 'Blue',
  host: 'esx1.example.com',
  pool: '/DC/host/Blue/Resources/gold',
  datastores: ['fast-1', 'slow'],
  tags: [
    { category: 'env', name: 'prod' },
    { category: 'owner', name: 'web team' },
  ],
  attributes: { Owner: 'Ada', 'cost center': '4711' },
  power: 'on',
  template: false,
  guest: 'Debian GNU/Linux 12 (64-bit)',
  cpus: 4,
  memoryBytes: 8 * 2 ** 30,
  disks: 2,
  provisionedBytes: 100 * 2 ** 30,
}

describe('a selector holds', () => {
  it.each([
    'name=web-01',
    'NAME=WEB-*',
    'name!=db-*',
    'name~^web-\\d+$',
    'name~^(web|db)-0(1|2)$',
    '(name~^(web|db)-) and power=on',
    'name!~^tmp',
    'folder=/DC/vm/Prod',
    'folder=dc/vm/prod/web/',
    'folder=/DC/vm/*/Web',
    'path=/DC/vm/Prod/Web/web-01',
    'pool=/DC/host/Blue/Resources/gold',
    'datastore=fast-*',
    'datastore!=vsan',
    'tag=prod',
    'tag=env:prod',
    'tag="web team"',
    "tag='owner:web team'",
    'attr.owner=ada',
    'power=on and template=no',
    'memory>=8GiB and memory<8193MiB',
    'cpus>2',
    'disks=2',
    'provisioned>0.05TiB',
    'not used>1GiB',
    'tag=dev or tag=prod',
    'not (tag=dev or tag=test)',
    'not not tag=prod',
    'tag=dev and name=x or cluster=blue',
    'guest~debian',
    'uuid=50112233-4455-6677-8899-AABBCCDDEEFF',
  ])('%s', (text) => expect(judge(parseSelector(text), web).matches).toBe(true))
})

describe('a selector does not hold', () => {
  it.each([
    'name=web',
    'folder=/DC/vm/Pro',
    'datastore!=slow',
    'tag=env',
    'tag=prod and (tag=dev or power=off)',
    'used>1GiB',
    'used<1GiB',
    'attr.nobody=*',
    'memory>8GiB',
    'template=yes',
    'name~WEB$',
  ])('%s', (text) => expect(judge(parseSelector(text), web).matches).toBe(false))
})

describe('a selector that is not understood says where, and what should stand there', () => {
  it.each([
    ['', 'selection.expected', /"⟨here⟩" there should be a field/],
    ['name', 'selection.expected', /"name⟨here⟩" there should be = !=/],
    ['name=', 'selection.expected', /should be a value/],
    ['name=a and', 'selection.expected', /"name=a and⟨here⟩"/],
    ['(name=a', 'selection.expected', /closing parenthesis/],
    ['name=a)', 'selection.expected', /"name=a⟨here⟩\)" there should be "and", "or" or the end/],
    ['name=a name=b', 'selection.expected', /"name=a ⟨here⟩name=b"/],
    ['name="a', 'selection.expected', /the closing quote/],
    ['nmae=a', 'selection.unknown-field', /no field "nmae"; there are name, path/],
    ['attr.=a', 'selection.unknown-field', /attr\.NAME/],
    ['name>a', 'selection.operator-unfit', /name takes = != ~ !~/],
    ['memory~8', 'selection.operator-unfit', /memory takes = !=/],
    ['memory>8GB', 'selection.value-unfit', /512MiB/],
    ['cpus=two', 'selection.value-unfit', /a whole number/],
    ['template=maybe', 'selection.value-unfit', /yes or no/],
    ['name~[', 'selection.value-unfit', /a regular expression/],
    ['__proto__=a', 'selection.unknown-field', /no field "__proto__"/],
    ['not '.repeat(60) + 'name=a', 'selection.expected', /at most 50/],
    ['name=' + 'a'.repeat(5000), 'selection.too-long', /4096/],
  ])('%j', (text, code, message) => {
    const parse = () => parseSelector(text)
    expect(parse).toThrow(message)
    expect(parse).toThrow(expect.objectContaining({ code }))
  })
})

it('any text gives a selector or an error of ours, and nothing else', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      ' and ',
      ' or ',
      'not ',
      '(',
      ')',
      '=',
      '!=',
      '~',
      '<=',
      '"',
      "'",
      'name',
      'tag',
      'memory',
      '8GiB',
      ' ',
    ),
    fc.string({ maxLength: 5 }),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      try {
        judge(parseSelector(pieces.join('')), web)
      } catch (error) {
        expect(error).toBeInstanceOf(AppError)
        expect((error as AppError).code).toMatch(/^selection\./)
      }
    }),
    { numRuns: 1000 },
  )
})

it('explains itself by comparisons that hold, and de Morgan agrees', () => {
  const atom = fc.constantFrom(
    'tag=prod',
    'tag=dev',
    'power=on',
    'power=off',
    'name~^web',
    'cpus>8',
    'disks=2',
    'name!=x',
  )
  const tree = fc.letrec<{ node: string }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 4 },
      atom,
      fc.tuple(tie('node'), fc.constantFrom('and', 'or'), tie('node')).map(([a, word, b]) => `(${a} ${word} ${b})`),
      tie('node').map((inner) => `not ${inner}`),
    ),
  })).node
  fc.assert(
    fc.property(tree, tree, (a, b) => {
      const verdict = (text: string) => judge(parseSelector(text), web)
      for (const fact of verdict(a).facts) expect(verdict(fact).matches).toBe(true)
      expect(verdict(`not (${a} and ${b})`).matches).toBe(verdict(`not (${a}) or not (${b})`).matches)
      expect(verdict(`not ${a}`).matches).toBe(!verdict(a).matches)
    }),
  )
})

describe('a VM is', () => {
  const gold = { name: 'gold', select: parseSelector('tag=prod'), exclude: parseSelector('name~^tmp') }
  const rest = { name: 'rest', select: parseSelector('name=*') }
  const tmp = { ...web, name: 'tmp-1' }

  it('protected by the first policy that selects it, which says why', () =>
    expect(protectionOf(web, [gold, rest])).toEqual({
      state: 'protected',
      policy: 'gold',
      because: 'tag=prod',
      also: ['rest'],
      excludeDisks: [],
    }))

  it('excluded where a policy says so and no other takes it', () => {
    expect(protectionOf(tmp, [gold])).toEqual({ state: 'excluded', policy: 'gold', because: 'name~^tmp' })
    expect(protectionOf(tmp, [gold, rest])).toMatchObject({ state: 'protected', policy: 'rest' })
  })

  it.each([
    [
      { tags: [{ category: 'backup', name: 'vmkeep:exclude=rebuilt nightly' }] },
      'vmkeep:exclude=rebuilt nightly on the VM itself',
    ],
    [{ tags: [{ category: 'vmkeep', name: 'exclude' }] }, 'vmkeep:exclude on the VM itself'],
    [{ attributes: { 'vmkeep:exclude': 'a test' } }, 'vmkeep:exclude=a test on the VM itself'],
  ])('excluded by itself: %j', (change, because) =>
    expect(protectionOf({ ...web, ...change }, [gold, rest])).toEqual({ state: 'excluded', because }),
  )

  it('not protected by a policy that is for other vCenters', () => {
    const only = { ...gold, name: 'only', vcenters: ['north', 'east'] }
    const because = 'it is for north, east only'
    expect(protectionOf(web, [only])).toMatchObject({ state: 'unselected', because: [{ policy: 'only', because }] })
    expect(protectionOf({ ...web, vcenter: 'east' }, [only])).toMatchObject({ state: 'protected', policy: 'only' })
  })

  it('protected without the disks that it names itself', () => {
    const attributes = { 'vmkeep:exclude-disk': 'scsi0:1' }
    expect(protectionOf({ ...web, attributes }, [gold])).toMatchObject({ excludeDisks: ['scsi0:1'] })
  })

  it('not selected, and for each policy it is said why', () =>
    expect(
      protectionOf({ ...web, tags: [] }, [gold, { ...rest, name: 'off', select: parseSelector('power=off') }]),
    ).toEqual({
      state: 'unselected',
      because: [
        { policy: 'gold', because: 'tag!=prod' },
        { policy: 'off', because: 'power!=off' },
      ],
    }))

  it('a template only where a selector speaks of templates', () => {
    const template = { ...web, template: true }
    expect(protectionOf(template, [rest])).toMatchObject({
      state: 'unselected',
      because: [{ because: 'template=yes' }],
    })
    expect(protectionOf(template, [{ name: 'golden', select: parseSelector('template=yes') }])).toMatchObject({
      state: 'protected',
    })
  })
})

it('every field has a word of help', () => {
  for (const { help } of Object.values(fields)) expect(help).not.toBe('')
})
