import { describe, expect, it } from 'vitest'
import { refOf } from '../fake-session.ts'
import { chooseDestination, type DestinationNames } from './choose-destination.ts'
import type { DestinationInventory } from './destination-inventory.ts'

const spot = (type: string, value: string, path: string, datacenter: string) => ({
  ref: refOf(type, value),
  name: path.slice(path.lastIndexOf('/') + 1),
  path,
  datacenter,
})
const host = (value: string, path: string, compute: string, datastores: string[], usable = true) => ({
  ...spot('HostSystem', value, path, path.startsWith('/DC2') ? 'dc-2' : 'dc-1'),
  compute,
  usable,
  datastores,
  networks: [],
})
const pool = (value: string, path: string, compute: string, isRoot: boolean) => ({
  ...spot('ResourcePool', value, path, path.startsWith('/DC2') ? 'dc-2' : 'dc-1'),
  compute,
  isRoot,
})
const datastore = (value: string, path: string, usable = true) => ({
  ...spot('Datastore', value, path, path.startsWith('/DC2') ? 'dc-2' : 'dc-1'),
  usable,
  freeBytes: 1000,
})

const vCenter: DestinationInventory = {
  datacenters: [spot('Datacenter', 'dc-1', '/DC1', 'dc-1'), spot('Datacenter', 'dc-2', '/DC2', 'dc-2')],
  folders: [
    { ...spot('Folder', 'v1', '/DC1/vm', 'dc-1'), isRoot: true },
    { ...spot('Folder', 'v1web', '/DC1/vm/web', 'dc-1'), isRoot: false },
    { ...spot('Folder', 'v1oldweb', '/DC1/vm/old/web', 'dc-1'), isRoot: false },
    { ...spot('Folder', 'v2', '/DC2/vm', 'dc-2'), isRoot: true },
  ],
  computes: [
    spot('ClusterComputeResource', 'c1', '/DC1/host/Cluster', 'dc-1'),
    spot('ComputeResource', 'c9', '/DC1/host/single', 'dc-1'),
    spot('ClusterComputeResource', 'c2', '/DC2/host/Cluster', 'dc-2'),
  ],
  hosts: [
    host('h1', '/DC1/host/Cluster/esx1', 'c1', ['fast', 'slow']),
    host('h2', '/DC1/host/Cluster/esx2', 'c1', ['fast']),
    host('h3', '/DC1/host/Cluster/esx3', 'c1', ['fast'], false),
    host('h9', '/DC1/host/single/single', 'c9', ['local']),
    host('h4', '/DC2/host/Cluster/esx4', 'c2', ['remote']),
  ],
  pools: [
    pool('p1', '/DC1/host/Cluster/Resources', 'c1', true),
    pool('p1prod', '/DC1/host/Cluster/Resources/prod', 'c1', false),
    pool('p9', '/DC1/host/single/Resources', 'c9', true),
    pool('p2', '/DC2/host/Cluster/Resources', 'c2', true),
  ],
  datastores: [
    datastore('fast', '/DC1/datastore/fast'),
    datastore('slow', '/DC1/datastore/slow'),
    datastore('local', '/DC1/datastore/local'),
    datastore('down', '/DC1/datastore/down', false),
    datastore('remote', '/DC2/datastore/remote'),
  ],
}

const esxi: DestinationInventory = {
  datacenters: [spot('Datacenter', 'ha-datacenter', '/ha-datacenter', 'ha-datacenter')],
  folders: [{ ...spot('Folder', 'ha-folder-vm', '/ha-datacenter/vm', 'ha-datacenter'), isRoot: true }],
  computes: [spot('ComputeResource', 'ha-compute-res', '/ha-datacenter/host/esx', 'ha-datacenter')],
  hosts: [
    { ...host('ha-host', '/ha-datacenter/host/esx/esx', 'ha-compute-res', ['ds1']), datacenter: 'ha-datacenter' },
  ],
  pools: [
    {
      ...pool('ha-root-pool', '/ha-datacenter/host/esx/Resources', 'ha-compute-res', true),
      datacenter: 'ha-datacenter',
    },
  ],
  datastores: [{ ...datastore('ds1', '/ha-datacenter/datastore/datastore1'), datacenter: 'ha-datacenter' }],
}

const chosen = (asked: DestinationNames, preferred?: DestinationNames, inventory = vCenter) => {
  const { datacenter, folder, pool: p, host: h, datastore: d } = chooseDestination(inventory, asked, preferred)
  return [datacenter, folder, p, h, d].map(({ ref }) => ref.value).join(' ')
}

describe('chooseDestination', () => {
  it.each<[string, DestinationNames, DestinationNames | undefined, string]>([
    ['a datastore settles all where one cluster mounts it', { datastore: 'fast' }, undefined, 'dc-1 v1 p1 h1 fast'],
    ['a host that mounts the datastore is taken', { datastore: 'slow' }, undefined, 'dc-1 v1 p1 h1 slow'],
    ['a host by name', { host: 'esx2' }, undefined, 'dc-1 v1 p1 h2 fast'],
    ['a datacenter with one of each', { datacenter: 'DC2' }, undefined, 'dc-2 v2 p2 h4 remote'],
    ['a datastore elsewhere implies its datacenter', { datastore: 'remote' }, undefined, 'dc-2 v2 p2 h4 remote'],
    ['a folder by path', { folder: '/DC1/vm/web', datastore: 'fast' }, undefined, 'dc-1 v1web p1 h1 fast'],
    ['a pool by name', { resourcePool: 'prod', datastore: 'fast' }, undefined, 'dc-1 v1 p1prod h1 fast'],
    ['a cluster for a pool', { resourcePool: '/DC1/host/Cluster', datastore: 'slow' }, undefined, 'dc-1 v1 p1 h1 slow'],
    ['a single host for a pool', { resourcePool: 'single' }, undefined, 'dc-1 v1 p9 h9 local'],
    [
      'the old place where nothing is asked',
      {},
      {
        datacenter: 'DC1',
        folder: '/DC1/vm/old/web',
        resourcePool: '/DC1/host/Cluster/Resources/prod',
        host: 'esx2',
        datastore: 'fast',
      },
      'dc-1 v1oldweb p1prod h2 fast',
    ],
    [
      'the old place only where it still exists and fits',
      { datastore: 'local' },
      { datacenter: 'DC1', folder: '/DC1/vm/gone', resourcePool: 'prod', host: 'esx2', datastore: 'fast' },
      'dc-1 v1 p9 h9 local',
    ],
    [
      'another host than the old one, which is in maintenance',
      { datastore: 'fast' },
      { host: 'esx3' },
      'dc-1 v1 p1 h1 fast',
    ],
    ['references', { folder: 'v1web', host: 'h2', datastore: 'fast' }, undefined, 'dc-1 v1web p1 h2 fast'],
  ])('%s', (_, asked, preferred, expected) => expect(chosen(asked, preferred)).toBe(expected))

  it('needs no word about a bare ESXi host, whatever place the VM came from', () => {
    const expected = 'ha-datacenter ha-folder-vm ha-root-pool ha-host ds1'
    expect(chosen({}, undefined, esxi)).toBe(expected)
    expect(chosen({}, { datacenter: 'DC1', folder: '/DC1/vm/web', host: 'esx1', datastore: 'fast' }, esxi)).toBe(
      expected,
    )
  })

  it.each<[string, DestinationNames, string, string]>([
    [
      'a datastore nobody has',
      { datacenter: 'DC1', datastore: 'none' },
      'vsphere.place-not-found',
      '/DC1/datastore/fast',
    ],
    [
      'a datastore that is down',
      { datacenter: 'DC1', datastore: 'down' },
      'vsphere.place-not-found',
      '/DC1/datastore/fast',
    ],
    [
      'a datastore the host does not mount',
      { host: 'esx2', datastore: 'slow' },
      'vsphere.place-not-found',
      '/DC1/datastore/fast',
    ],
    ['a host in maintenance', { host: 'esx3' }, 'vsphere.place-not-found', '/DC1/host/Cluster/esx1'],
    ['a folder nobody has', { datacenter: 'DC2', folder: 'web' }, 'vsphere.place-not-found', '/DC2/vm'],
    ['two folders of one name', { folder: 'web', datastore: 'fast' }, 'vsphere.place-ambiguous', '/DC1/vm/old/web'],
    ['a pool nobody has', { datacenter: 'DC1', resourcePool: 'none' }, 'vsphere.place-not-found', '/DC1/host/Cluster'],
    [
      'a host outside the pool',
      { host: 'single', resourcePool: 'prod' },
      'vsphere.place-not-found',
      '/DC1/host/Cluster/esx1',
    ],
    ['nothing, of two datacenters', {}, 'vsphere.place-ambiguous', '/DC2'],
    ['nothing, of several datastores', { datacenter: 'DC1' }, 'vsphere.place-ambiguous', '/DC1/datastore/slow'],
    ['parts of two datacenters', { folder: '/DC1/vm/web', datastore: 'remote' }, 'vsphere.place-not-found', ''],
  ])('refuses %s and says what there is', (_, asked, code, candidate) => {
    expect(() => chosen(asked)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(candidate) as string }),
    )
  })
})
