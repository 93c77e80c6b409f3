import { describe, expect, it } from 'vitest'
import { fail } from '../errors.ts'
import { StoragePolicies } from './storage-policies.ts'

const vm = (value: string) => ({ type: 'VirtualMachine', value })

const place = { host: 'vc', method: 'PbmQueryAssociatedProfile', object: 'Pbm:1', text: '', faultType: 'NoPermission' }

/** A service that refuses the first questions for an associated policy, and answers those after them that there is none. */
function serviceThatFails(error: Error, timesMax = Infinity) {
  const asked: string[] = []
  const call = (method: string) => {
    asked.push(method)
    if (method === 'PbmRetrieveServiceContent') return Promise.resolve({ profileManager: { type: 'Pbm', value: '1' } })
    const times = asked.filter((each) => each === 'PbmQueryAssociatedProfile').length
    return times <= timesMax ? Promise.reject(error) : Promise.resolve([])
  }
  const policies = new StoragePolicies({ host: 'vc', call: call as never })
  return { policies, questions: () => asked.filter((method) => method === 'PbmQueryAssociatedProfile').length }
}

describe('a service of storage policies', () => {
  it.each([
    ['hangs', fail('vsphere.timed-out', { host: 'vc', what: 'PbmQueryAssociatedProfile', timeoutMs: 20_000 })],
    [
      'is forbidden',
      fail('vsphere.no-permission', { ...place, privileges: ['StorageProfile.View'], onObject: 'Datacenters' }),
    ],
  ])('that %s is asked once, and the same is said of all', async (_, error) => {
    const { policies, questions } = serviceThatFails(error)
    for (const name of ['vm-1', 'vm-2', 'vm-3']) await expect(policies.of(vm(name))).rejects.toBe(error)
    expect(questions()).toBe(1)
  })

  it('that answers at once that it is down is asked again: it may be back for the next VM', async () => {
    const error = fail('vsphere.unavailable', { host: 'vc', status: 503 })
    const { policies } = serviceThatFails(error, 1)
    await expect(policies.of(vm('vm-1'))).rejects.toBe(error)
    expect(await policies.of(vm('vm-2'))).toBeUndefined()
  })
})
