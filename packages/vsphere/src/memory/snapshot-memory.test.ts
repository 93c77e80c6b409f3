import { expect, it } from 'vitest'
import { FakeSession, refOf } from '../fake-session.ts'
import { memoryIn, snapshotMemory } from './snapshot-memory.ts'

const ours = refOf('VirtualMachineSnapshot', 'snapshot-7')
const file = (key: number, name: string, type: string, size: number) => ({
  key,
  name: `[fast] web/${name}`,
  type,
  size,
})
const files = [
  file(1, 'web.vmsd', 'snapshotList', 500),
  file(2, 'web-Snapshot1.vmsn', 'snapshotData', 30_000),
  file(3, 'web-Snapshot1.vmem', 'snapshotMemory', 4096),
]
const layout = (memoryKey: number | undefined, dataBytes = 30_000) => ({
  timestamp: '2026-11-22T16:00:00Z',
  file: files.map((one) => (one.key === 2 ? { ...one, size: dataBytes } : one)),
  snapshot: [
    { key: refOf('VirtualMachineSnapshot', 'snapshot-1'), dataKey: 1, memoryKey: -1 },
    { key: ours, dataKey: 2, ...(memoryKey !== undefined && { memoryKey }) },
  ],
})
const names = (found: ReturnType<typeof memoryIn>) => found.files.map(({ path }) => path.slice('[fast] web/'.length))

it('the state and its memory are found by their keys', () => {
  const found = memoryIn(layout(3), ours, 4096)
  expect(names(found)).toEqual(['web-Snapshot1.vmsn', 'web-Snapshot1.vmem'])
  expect(found.files[1]).toEqual({ path: '[fast] web/web-Snapshot1.vmem', kind: 'snapshotMemory', sizeBytes: 4096 })
  expect(found.snapshotList).toBe('[fast] web/web.vmsd')
})

it('memory may lie in the state itself, which is then as large', () => {
  expect(names(memoryIn(layout(undefined, 5000), ours, 4096))).toEqual(['web-Snapshot1.vmsn'])
})

it('a small state without memory is no memory', () => {
  expect(memoryIn(layout(-1, 4000), ours, 4096).files).toEqual([])
  expect(memoryIn(layout(undefined, 4000), ours, 4096).files).toEqual([])
  expect(memoryIn(undefined, ours, 4096)).toEqual({ files: [] })
})

it('a list of files that is older than the snapshot is asked for anew; a server that cannot is believed', async () => {
  const vm = refOf('VirtualMachine', 'vm-42')
  const old = { layoutEx: { timestamp: '2026-11-22T15:00:00Z', file: [], snapshot: [] } }
  const hardware = { config: { hardware: { memoryMB: 0 } } }
  const session = new FakeSession({ RefreshStorageInfo: () => session.change(vm, { layoutEx: layout(3) }) })
  session.put(vm, { ...old, ...hardware })
  expect(names(await snapshotMemory(session, vm, ours))).toHaveLength(2)
  const without = new FakeSession()
  without.put(vm, { layoutEx: layout(3), ...hardware })
  expect(names(await snapshotMemory(without, vm, ours))).toHaveLength(2)
})
