import { collect } from '@vmkeep/kit'
import { describe, expect, it } from 'vitest'
import { type Fault, FakeSession, FaultAnswer, refOf } from '../fake-session.ts'
import type { DataObject } from '../types/index.ts'
import { changedExtents, type ChangeQuestion } from './changed-extents.ts'

type Info = DataObject<'DiskChangeInfo'>

const vm = refOf('VirtualMachine', 'vm-42')
const snapshot = refOf('VirtualMachineSnapshot', 'snapshot-7')
const question = (changes: Partial<ChangeQuestion> = {}): ChangeQuestion => ({
  vm,
  snapshot,
  deviceKey: 2000,
  capacityBytes: 300,
  changeId: '52 aa/7',
  ...changes,
})

const answering = (pages: Record<number, Info>) =>
  new FakeSession({ QueryChangedDiskAreas: ({ startOffset }) => pages[Number(startOffset)]! })
const refusing = (fault: Fault) =>
  new FakeSession({
    QueryChangedDiskAreas: () => {
      throw new FaultAnswer(fault, 'no')
    },
  })

describe('changedExtents', () => {
  it('follows the pages to the end of the disk, through empty ones, and never asks at its end', async () => {
    const session = answering({
      0: {
        startOffset: 0,
        length: 100,
        changedArea: [
          { start: 0, length: 10 },
          { start: 90, length: 10 },
        ],
      },
      100: { startOffset: 100, length: 150 },
      250: { startOffset: 250, length: 50, changedArea: [{ start: 299, length: 1 }] },
    })
    expect(await collect(changedExtents(session, question()))).toEqual([
      { offsetBytes: 0, lengthBytes: 10 },
      { offsetBytes: 90, lengthBytes: 10 },
      { offsetBytes: 299, lengthBytes: 1 },
    ])
    expect(session.requestsOf('QueryChangedDiskAreas')).toEqual(
      [0, 100, 250].map((startOffset) => ({ _this: vm, snapshot, deviceKey: 2000, startOffset, changeId: '52 aa/7' })),
    )
  })

  it('asks only as far as its reader reads', async () => {
    const session = answering({ 0: { startOffset: 0, length: 100, changedArea: [{ start: 0, length: 1 }] } })
    for await (const extent of changedExtents(session, question())) {
      expect(extent.offsetBytes).toBe(0)
      break
    }
    expect(session.calls).toHaveLength(1)
  })

  it('asks nothing about a disk of no size', async () => {
    const session = new FakeSession()
    expect(await collect(changedExtents(session, question({ capacityBytes: 0 })))).toEqual([])
    expect(session.calls).toEqual([])
  })

  it('passes "*" and a powered-off VM without snapshot as they are', async () => {
    const session = answering({ 0: { startOffset: 0, length: 300 } })
    await collect(changedExtents(session, { vm, deviceKey: 2000, capacityBytes: 300, changeId: '*' }))
    expect(session.calls[0]!.request).toMatchObject({ changeId: '*', snapshot: undefined })
  })

  it('does not trust a list that contradicts itself, even after good pages', async () => {
    const session = answering({ 0: { startOffset: 0, length: 100 }, 100: { startOffset: 0, length: 100 } })
    await expect(collect(changedExtents(session, question()))).rejects.toMatchObject({
      code: 'vsphere.change-info-invalid',
      remedy: 'change-request',
    })
    const endless = answering({ 0: { startOffset: 0, length: 0 } })
    await expect(collect(changedExtents(endless, question()))).rejects.toMatchObject({
      code: 'vsphere.change-info-invalid',
    })
    expect(endless.calls).toHaveLength(1)
  })

  it.each<Fault>([
    { $type: 'FileFault', file: '/vmfs/volumes/x-000001.vmdk' },
    { $type: 'FileNotFound', file: 'x-ctk.vmdk' },
    { $type: 'CannotAccessFile', file: 'x-ctk.vmdk' },
    { $type: 'InvalidArgument', invalidProperty: 'deviceKey' },
    { $type: 'InvalidArgument', invalidProperty: 'startOffset' },
    { $type: 'InvalidArgument', invalidProperty: 'changeId' },
    { $type: 'NotSupported' },
    { $type: 'InvalidState' },
    { $type: 'SystemError', reason: 'unknown' },
  ])('takes $$type $invalidProperty for a dead change id', async (fault) => {
    const error = await collect(changedExtents(refusing(fault), question())).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'vsphere.change-id-unknown', remedy: 'change-request' })
    expect((error as Error).cause).toMatchObject({ details: { fault } })
  })

  it.each<[Fault, string]>([
    [{ $type: 'NotAuthenticated' }, 'vsphere.not-authenticated'],
    [{ $type: 'NoPermission' }, 'vsphere.no-permission'],
    [{ $type: 'ManagedObjectNotFound', obj: snapshot }, 'vsphere.not-found'],
    [{ $type: 'HostNotConnected' }, 'vsphere.host-unreachable'],
    [{ $type: 'TaskInProgress', task: refOf('Task', 't') }, 'vsphere.busy'],
    [{ $type: 'RestrictedVersion' }, 'vsphere.restricted-licence'],
  ])('lets %j through as %s', async (fault, code) => {
    await expect(collect(changedExtents(refusing(fault), question()))).rejects.toMatchObject({ code })
  })

  it('ends with the reason of an abort', async () => {
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(collect(changedExtents(new FakeSession(), question(), signal))).rejects.toThrow('enough')
  })
})
