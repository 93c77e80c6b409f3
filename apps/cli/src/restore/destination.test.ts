import { expect, it } from 'vitest'
import { configSchema } from '../config/schema.ts'
import { destinationOf } from './destination.ts'
import { describeMapped, mappedBy } from './rules.ts'
import { whyNotTarget } from './target.ts'

const nothing = {
  name: undefined,
  folder: undefined,
  resourcePool: undefined,
  host: undefined,
  datastore: undefined,
  network: [] as [string, string][],
  storagePolicy: [] as [string, string][],
  storagePolicies: 'auto' as 'auto' | 'all' | 'none',
  rules: undefined as string | undefined,
  provisioning: undefined,
  identity: 'auto',
  connect: 'auto',
  memory: false,
  powerOn: false,
} as const

const network = (name: string) => ({ ref: { type: 'Network', value: name }, name, kind: 'standard' })
const point = {
  place: {
    endpoint: 'vc',
    datastores: ['prod-1'],
    networks: [network('LAN'), network('DMZ')],
    customValues: {},
    storagePolicies: { home: { id: 'a', name: 'gold' }, disks: [] },
  },
} as unknown as Parameters<typeof mappedBy>[2]
const config = configSchema.parse({
  restore: {
    rules: [
      {
        name: 'dr',
        rules: [
          { match: { datastore: 'prod-*' }, to: { datastore: 'dr-1', provisioning: 'thin' } },
          { to: { network: 'quarantine', storagePolicy: 'dr' } },
        ],
      },
    ],
  },
})

it('saved rules say where a VM goes, and say so', async () => {
  const flags = { ...nothing, rules: 'dr' }
  const mapped = await mappedBy(flags, config, point)
  expect(destinationOf(flags, [], mapped)).toEqual({
    datastore: 'dr-1',
    provisioning: 'thin',
    networkMap: { LAN: 'quarantine', DMZ: 'quarantine' },
    storagePolicyMap: { gold: 'dr' },
    storagePolicies: 'auto',
    identity: 'auto',
    connectNetworks: 'auto',
    disks: [],
  })
  expect(mapped.map((one) => describeMapped(one, 'dr'))).toEqual([
    'datastore prod-1 -> dr-1 (rule 1 of dr)',
    'provisioning thin (rule 1 of dr)',
    'network LAN -> quarantine (rule 2 of dr)',
    'network DMZ -> quarantine (rule 2 of dr)',
    'storage policy gold -> dr (rule 2 of dr)',
  ])
})

it('flags go before rules', async () => {
  const flags = { ...nothing, rules: 'dr', datastore: 'here', network: [['LAN', 'LAN 2']] as [string, string][] }
  const mapped = await mappedBy(flags, config, point)
  expect(mapped.map(({ what, from }) => [what, from])).toEqual([
    ['provisioning', undefined],
    ['network', 'DMZ'],
    ['storagePolicy', 'gold'],
  ])
  const none = await mappedBy({ ...flags, storagePolicies: 'none' }, config, point)
  expect(none.map(({ what }) => what)).toEqual(['provisioning', 'network'])
  const own = await mappedBy({ ...flags, storagePolicy: [['gold', 'iron']] }, config, point)
  expect(own.map(({ what }) => what)).toEqual(['provisioning', 'network'])
  expect(destinationOf(flags, [], mapped)).toMatchObject({
    datastore: 'here',
    networkMap: { LAN: 'LAN 2', DMZ: 'quarantine' },
  })
})

it('rules that are not in the config are refused, with those that are', async () =>
  expect(mappedBy({ ...nothing, rules: 'rd' }, config, point)).rejects.toThrow('it has dr'))

const target = {
  ...nothing,
  toFiles: undefined as string | undefined,
  toVsphere: false,
  inPlace: false,
  attachTo: undefined as string | undefined,
  as: undefined as string | undefined,
  dryRun: false,
  powerOff: false,
  compareAll: false,
  confirm: undefined,
  disk: [] as string[],
  homeFile: [] as string[],
}

it.each([
  [{}, 'say where to'],
  [{ toVsphere: true, inPlace: true }, 'one of them'],
  [{ attachTo: 'db' }, 'one disk'],
  [{ toVsphere: true, as: 'scsi0:1' }, '--as is for --attach-to'],
  [{ inPlace: true, rules: 'dr' }, '--rules is for --to-vsphere'],
  [{ inPlace: true, storagePolicies: 'all' as const }, '--storage-policies is for --to-vsphere'],
  [{ toVsphere: true, storagePolicies: 'none' as const, storagePolicy: [['a', 'b']] as [string, string][] }, 'none'],
  [{ inPlace: true, homeFile: ['vmx'] }, 'only nvram'],
  [{ toFiles: '/x', homeFile: ['vmx'], disk: ['scsi0:0'] }, 'not for the same restore'],
])('%j is refused', (given, why) => expect(whyNotTarget({ ...target, ...given })).toContain(why))

it.each([
  { attachTo: 'db', disk: ['scsi0:0'], as: 'scsi0:1' },
  { inPlace: true, homeFile: ['nvram'], confirm: undefined },
  { toFiles: '/x', homeFile: ['vmx', 'nvram'] },
])('%j is fine', (given) => expect(whyNotTarget({ ...target, ...given })).toBeUndefined())
