import { describe, expect, it } from 'vitest'
import { decideRead, type DiskNow, type PreviousDisk } from './decide-read.ts'

const epoch = '52 de c0 d9 b9 43 9d 10-61 d5 4c 1b e9 7b 65 63'
const image = { capacityBytes: 1 << 30, chunkSizeBytes: 262_144, root: 'r', height: 1 }
const previous = { key: 2000, changeId: `${epoch}/81`, backingUuid: '6000C290', image } as unknown as PreviousDisk
const now: DiskNow = { capacityBytes: 1 << 30, changeId: `${epoch}/90`, backingUuid: '6000C290' }

describe('a disk is read', () => {
  it('incrementally while it is the same and its tracking unbroken', () =>
    expect(decideRead(now, previous, { full: false })).toEqual({
      mode: 'incremental',
      changeId: `${epoch}/81`,
      base: image,
    }))

  it('incrementally at the very same change id, and without backing uuids', () => {
    expect(decideRead({ ...now, changeId: `${epoch}/81` }, previous, { full: false }).mode).toBe('incremental')
    expect(decideRead({ ...now, backingUuid: undefined }, previous, { full: false }).mode).toBe('incremental')
  })

  it.each<[string, Partial<DiskNow>, Partial<PreviousDisk> | undefined, boolean]>([
    ['first-backup', {}, undefined, false],
    ['full-requested', {}, {}, true],
    ['disk-replaced', { backingUuid: '6000C291' }, {}, false],
    ['capacity-changed', { capacityBytes: 2 << 30 }, {}, false],
    ['tracking-inactive', { changeId: undefined }, {}, false],
    ['tracking-inactive', { changeId: '' }, {}, false],
    ['tracking-was-inactive', {}, { changeId: '' }, false],
    ['tracking-restarted', { changeId: `53${epoch.slice(2)}/90` }, {}, false],
    ['tracking-went-back', { changeId: `${epoch}/80` }, {}, false],
    ['tracking-went-back', { changeId: `${epoch}/x` }, {}, false],
  ])('in full for the cause %s', (code, change, before, full) => {
    const decision = decideRead({ ...now, ...change }, before === undefined ? undefined : { ...previous, ...before }, {
      full,
    })
    expect(decision).toMatchObject({ mode: 'full', cause: { code } })
  })

  it('compares sequences as numbers of any length', () => {
    const later = { ...now, changeId: `${epoch}/100000000000000000001` }
    expect(decideRead(later, { ...previous, changeId: `${epoch}/99999999999999999999` }, { full: false }).mode).toBe(
      'incremental',
    )
  })
})
