import { describe, expect, it } from 'vitest'
import type { DataObject } from '../types/index.ts'
import { flattenSnapshots } from './snapshot-tree.ts'

type Tree = DataObject<'VirtualMachineSnapshotTree'>

const tree = (value: string, ...children: Tree[]): Tree => ({
  snapshot: { type: 'VirtualMachineSnapshot', value },
  vm: { type: 'VirtualMachine', value: 'vm-1' },
  name: `name of ${value}`,
  description: '',
  createTime: '2026-11-22T16:00:00Z',
  state: 'poweredOn',
  quiesced: false,
  ...(children.length === 0 ? {} : { childSnapshotList: children }),
})

describe('flattenSnapshots', () => {
  it('finds none where the VM has none', () => expect(flattenSnapshots(undefined)).toEqual([]))

  it('lists parents before children, with their depth, and marks the current one', () => {
    const info = {
      currentSnapshot: { type: 'VirtualMachineSnapshot', value: 'c' },
      rootSnapshotList: [tree('a', tree('b', tree('c')), tree('d')), tree('e')],
    }
    expect(flattenSnapshots(info).map((n) => [n.ref.value, n.depth, n.isCurrent, n.childCount])).toEqual([
      ['a', 0, false, 2],
      ['b', 1, false, 1],
      ['c', 2, true, 0],
      ['d', 1, false, 0],
      ['e', 0, false, 0],
    ])
  })

  it('survives a chain thousands deep', () => {
    let chain = tree('leaf')
    for (let i = 0; i < 5000; i++) chain = tree(`s${i}`, chain)
    expect(flattenSnapshots({ rootSnapshotList: [chain] }).at(-1)).toMatchObject({ depth: 5000 })
  })
})
