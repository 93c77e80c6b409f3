import { describe, expect, it } from 'vitest'
import { mapPlace } from './mapping-rules.ts'

const network = (name: string) => ({ ref: { type: 'Network', value: name }, name, kind: 'standard' }) as const
interface Policy {
  readonly id: string
  readonly name: string
}
const point = {
  place: {
    endpoint: 'vc-prod.example',
    endpointId: 'e',
    datacenter: 'Berlin',
    cluster: 'Gold',
    folder: '/Berlin/vm/web',
    datastores: ['prod-fast-1'],
    networks: [network('VM Network'), network('DMZ')],
    customValues: {},
  },
}

describe('mapping rules', () => {
  it('map what they match, and the first rule that says something of a part decides it', () => {
    const rules = [
      { match: { datastore: 'prod-fast-*' }, to: { datastore: 'dr-fast' } },
      { match: { datastore: 'prod-*' }, to: { datastore: 'dr-slow', resourcePool: 'DR' } },
      { match: { network: 'VM*' }, to: { network: 'DR net' } },
    ]
    expect(mapPlace(point, rules)).toEqual([
      { what: 'resourcePool', from: undefined, to: 'DR', rule: 2 },
      { what: 'datastore', from: 'prod-fast-1', to: 'dr-fast', rule: 1 },
      { what: 'network', from: 'VM Network', to: 'DR net', rule: 3 },
    ])
  })

  it('match by all that they name, and by nothing the VM does not have', () => {
    const to = { folder: '/DR/vm' }
    const by = (match: object) => mapPlace(point, [{ match, to }]).length
    expect([by({}), by({ vcenter: 'vc-*', cluster: 'Gold' }), by({ vcenter: 'vc-*', cluster: 'Silver' })]).toEqual([
      1, 1, 0,
    ])
    expect([by({ resourcePool: '*' }), by({ network: '*' }), by({ folder: '/Berlin/vm/*' })]).toEqual([0, 0, 1])
  })

  it('decide each storage policy by itself, once for all that have it', () => {
    const [gold, silver] = ['gold', 'silver'].map((name) => ({ id: name, name })) as [Policy, Policy]
    const disks = [gold, silver, gold].map((policy, at) => ({ key: 2000 + at, ...policy }))
    const withPolicies = { place: { ...point.place, storagePolicies: { home: gold, disks } } }
    const rules = [
      { match: { storagePolicy: 'gold', vcenter: 'vc-prod*' }, to: { storagePolicy: 'dr gold' } },
      { match: { network: '*' }, to: { storagePolicy: 'never' } }, // no policy is on a network
      { match: {}, to: { storagePolicy: 'dr' } },
    ]
    expect(mapPlace(withPolicies, rules)).toEqual([
      { what: 'storagePolicy', from: 'gold', to: 'dr gold', rule: 1 },
      { what: 'storagePolicy', from: 'silver', to: 'dr', rule: 3 },
    ])
    expect(mapPlace(point, rules)).toEqual([])
  })

  it('decide each network by itself, and how disks are made', () => {
    const rules = [{ match: {}, to: { network: 'quarantine', provisioning: 'thin' } }] as const
    expect(mapPlace(point, rules).map(({ what, from, to }) => [what, from, to])).toEqual([
      ['provisioning', undefined, 'thin'],
      ['network', 'VM Network', 'quarantine'],
      ['network', 'DMZ', 'quarantine'],
    ])
  })
})
