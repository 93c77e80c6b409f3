import { describe, expect, it } from 'vitest'
import { FakeSession, refOf } from '../fake-session.ts'
import { resolveDestination } from '../create/resolve-destination.ts'
import { aVm } from '../vm/fixtures.ts'
import { describePlace } from './describe-place.ts'

/** A vCenter with one cluster, one host, three kinds of network, and a VM in a pool and a folder. */
function vCenter(): FakeSession {
  const session = new FakeSession()
  const root = refOf('Folder', 'group-d1')
  const datacenter = refOf('Datacenter', 'datacenter-2')
  const vmFolder = session.put(refOf('Folder', 'group-v3'), { name: 'vm', parent: datacenter })
  session.put(datacenter, { name: 'DC', parent: root, vmFolder })
  const web = session.put(refOf('Folder', 'group-v4'), { name: 'web', parent: vmFolder })
  const hostFolder = session.put(refOf('Folder', 'group-h5'), { name: 'host', parent: datacenter })
  const cluster = session.put(refOf('ClusterComputeResource', 'domain-c7'), { name: 'Cluster', parent: hostFolder })
  const resources = refOf('ResourcePool', 'resgroup-8')
  session.put(resources, { name: 'Resources', parent: cluster, owner: cluster })
  const prod = session.put(refOf('ResourcePool', 'resgroup-9'), { name: 'prod', parent: resources, owner: cluster })
  const datastore = session.put(refOf('Datastore', 'datastore-11'), {
    name: 'fast',
    parent: session.put(refOf('Folder', 'group-s5'), { name: 'datastore', parent: datacenter }),
    summary: { accessible: true, freeSpace: 5n },
  })
  const dvs = session.put(refOf('VmwareDistributedVirtualSwitch', 'dvs-1'), { name: 'switch', uuid: '50 21' })
  const network = [
    session.put(refOf('Network', 'network-1'), { name: 'VM Network' }),
    session.put(refOf('DistributedVirtualPortgroup', 'dvportgroup-1'), {
      name: 'Prod%2f1',
      key: 'dvportgroup-1',
      config: { uplink: false, distributedVirtualSwitch: dvs },
    }),
    session.put(refOf('DistributedVirtualPortgroup', 'dvportgroup-2'), { name: 'Uplinks', config: { uplink: true } }),
    session.put(refOf('OpaqueNetwork', 'network-o1'), {
      name: 'Segment',
      summary: { opaqueNetworkId: 'ls-1', opaqueNetworkType: 'nsx.LogicalSwitch' },
    }),
  ]
  session.put(refOf('HostSystem', 'host-9'), {
    name: 'esx1.example',
    parent: cluster,
    runtime: { connectionState: 'connected', inMaintenanceMode: false },
    datastore: [datastore],
    network,
  })
  session.put(refOf('CustomFieldsManager', 'CustomFieldsManager'), { field: [{ key: 101, name: 'owner' }] })
  session.put(refOf('VirtualMachine', 'vm-42'), {
    name: 'web-1',
    parent: web,
    resourcePool: prod,
    network,
    customValue: [
      { $type: 'CustomFieldStringValue', key: 101, value: 'Ann' },
      { $type: 'CustomFieldStringValue', key: 102, value: 'x' },
    ],
  })
  return session
}

const networks = [
  { ref: refOf('Network', 'network-1'), name: 'VM Network', kind: 'standard' },
  {
    ref: refOf('DistributedVirtualPortgroup', 'dvportgroup-1'),
    name: 'Prod/1',
    kind: 'distributed',
    portgroupKey: 'dvportgroup-1',
    switchUuid: '50 21',
    switchName: 'switch',
  },
  {
    ref: refOf('OpaqueNetwork', 'network-o1'),
    name: 'Segment',
    kind: 'opaque',
    opaqueNetworkId: 'ls-1',
    opaqueNetworkType: 'nsx.LogicalSwitch',
  },
]

describe('describePlace', () => {
  it('tells names, not only references', async () => {
    expect(await describePlace(vCenter(), aVm())).toEqual({
      endpoint: 'vcenter.example',
      endpointId: '9b7f0000-0000-4000-8000-00000000000a',
      datacenter: 'DC',
      cluster: 'Cluster',
      host: 'esx1.example',
      resourcePool: '/DC/host/Cluster/Resources/prod',
      folder: '/DC/vm/web',
      datastores: ['fast'],
      networks,
      customValues: { owner: 'Ann', 102: 'x' },
    })
  })

  it('says nothing of a root pool, and nothing it may not see', async () => {
    const session = vCenter()
    session.put(refOf('VirtualMachine', 'vm-42'), { name: 'web-1', resourcePool: refOf('ResourcePool', 'resgroup-8') })
    expect(await describePlace(session, { ...aVm(), host: undefined })).toEqual({
      endpoint: 'vcenter.example',
      endpointId: '9b7f0000-0000-4000-8000-00000000000a',
      cluster: 'Cluster',
      datastores: ['fast'],
      networks: [],
      customValues: {},
    })
  })
})

describe('resolveDestination', () => {
  it('finds the described place again', async () => {
    const session = vCenter()
    const preferred = await describePlace(session, aVm())
    const place = await resolveDestination(session, { preferred: { ...preferred, datastore: 'fast' } })
    expect(place).toEqual({
      datacenter: refOf('Datacenter', 'datacenter-2'),
      datacenterName: 'DC',
      datacenterPath: 'DC',
      folder: refOf('Folder', 'group-v4'),
      folderPath: '/DC/vm/web',
      pool: refOf('ResourcePool', 'resgroup-9'),
      poolPath: '/DC/host/Cluster/Resources/prod',
      host: refOf('HostSystem', 'host-9'),
      hostName: 'esx1.example',
      datastore: refOf('Datastore', 'datastore-11'),
      datastoreName: 'fast',
      datastoreFreeBytes: 5,
      networks,
    })
  })

  it('refuses a map to networks that are not there', async () => {
    await expect(resolveDestination(vCenter(), { networkMap: { a: 'Nowhere', b: 'Segment' } })).rejects.toMatchObject({
      code: 'vsphere.network-unmapped',
      details: { networks: ['Nowhere'], candidates: ['Prod/1', 'Segment', 'VM Network'] },
    })
  })
})
