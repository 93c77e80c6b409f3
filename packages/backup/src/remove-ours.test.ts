import { Limiter, systemClock, systemRandom } from '@vmkeep/kit'
import { describeSnapshot, formatMarker } from '@vmkeep/run'
import type { Vm } from '@vmkeep/vsphere'
import { describe, expect, it } from 'vitest'
import { removeOurs } from './remove-ours.ts'
import type { RunContext } from './run-context.ts'

const marker = { instanceId: '0a1b2c3d', runId: '0123456789ab', vmUuid: '50112233-4455-6677-8899-aabbccddeeff' }
const obj = { type: 'VirtualMachine', value: 'vm-42' }
const vm = { name: 'web', ref: obj } as Vm

/** A VM with these properties, of which nothing else can be asked. */
function runOn(properties: Readonly<Record<string, unknown>>): RunContext {
  const propSet = Object.entries(properties).map(([name, val]) => ({ name, val }))
  const call = async (method: string, { specSet }: { specSet: { propSet: { pathSet: string[] }[] }[] }) => {
    if (method !== 'RetrievePropertiesEx') throw new Error(`${method} is not for this test`)
    const { pathSet } = specSet[0]!.propSet[0]!
    return { objects: [{ obj, propSet: propSet.filter(({ name }) => pathSet.includes(name)) }] }
  }
  const session = { call, content: {}, generation: 1, host: 'vc' }
  const tasks = new Limiter(1)
  return { session, tasks, onEvent: () => {}, clock: systemClock, random: systemRandom } as unknown as RunContext
}

describe('our snapshot', () => {
  it('is not there when its VM is connected and has none', async () => {
    const run = runOn({ 'runtime.connectionState': 'connected' })
    await expect(removeOurs(run, vm, marker)).resolves.toEqual({ namesake: undefined, warnings: [] })
  })

  it.each(['inaccessible', 'disconnected', 'orphaned', 'invalid', undefined])(
    'may be there when its VM is %s and shows none',
    async (state) => {
      await expect(removeOurs(runOn({ 'runtime.connectionState': state }), vm, marker)).rejects.toMatchObject({
        code: 'backup.snapshots-unseen',
        message: expect.stringContaining(state ?? 'unknown') as string,
      })
    },
  )

  it('is tried to be removed wherever it is seen', async () => {
    const node = { snapshot: { type: 'VirtualMachineSnapshot', value: 'snapshot-1' }, name: formatMarker(marker) }
    const tree = { rootSnapshotList: [{ ...node, description: describeSnapshot(marker) }] }
    const run = runOn({ 'runtime.connectionState': 'disconnected', snapshot: tree, vm: obj, recentTask: [] })
    await expect(removeOurs(run, vm, marker)).rejects.toThrow('RemoveSnapshot_Task is not for this test')
  })
})
