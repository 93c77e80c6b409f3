import { fakeClock } from '@vmkeep/kit/testing'
import { describe, expect, it } from 'vitest'
import { describeLab, parseVmArgument, startLab } from '../index.ts'
import { LabClock } from './lab-clock.ts'

describe('a VM on a command line', () => {
  it.each([
    ['web', { name: 'web' }],
    ['web=10GiB', { name: 'web', cbt: true, disks: [{ capacityBytes: 10 * 2 ** 30 }] }],
    [
      'web=ext4:2GiB,pattern:1TiB',
      {
        name: 'web',
        cbt: true,
        disks: [
          { generate: { kind: 'ext4', capacityBytes: 2 ** 31, seed: 'web-0' } },
          { generate: { kind: 'pattern', capacityBytes: 2 ** 40, seed: 'web-1' } },
        ],
      },
    ],
    [`web=${import.meta.filename}`, { name: 'web', cbt: true, disks: [{ image: import.meta.filename }] }],
  ])('%s', (argument, vm) => expect(parseVmArgument(argument)).toEqual(vm))

  it.each(['', '=10GiB', 'web=missing.raw', 'web=10GiB,', 'web=10 bananas'])('refuses "%s"', (argument) =>
    expect(() => parseVmArgument(argument)).toThrow(expect.objectContaining({ code: 'lab.bad-vm-argument' })),
  )
})

describe('a lab', () => {
  it('tells how to reach it', async () => {
    await using lab = await startLab({ vms: [{ name: 'web', disks: [{ capacityBytes: 2 ** 20 }] }, { name: 'bare' }] })
    const text = describeLab(lab)
    expect(text).toContain(`https://127.0.0.1:${lab.port}/sdk`)
    expect(text).toContain('web (vm-101, on, esxi-1.lab): disk 2000 of 1 MiB')
    expect(text).toContain('bare (vm-102, on, esxi-2.lab): no disks')
    expect(text).toContain(lab.thumbprintSha256)
  })

  it('makes up disks, and lets a guest write to them', async () => {
    const generate = { kind: 'pattern', capacityBytes: 2 ** 32, seed: 's' } as const
    await using lab = await startLab({ vms: [{ name: 'big', disks: [{ generate }] }] })
    await using guest = lab.vm('big').guest({ kind: 'raw', seed: 'guest' })
    await guest.step(3)
    expect(guest.report.operations).toBe(3)
    expect(lab.vm('big').disk().capacityBytes).toBe(2 ** 32)
  })

  it.each([
    [{ vms: [{ name: 'a', disks: [{}] }] }, 'a disk of "a"'],
    [{ vms: [{ name: 'a', host: 'nowhere' }] }, 'VM "a"'],
    [{ datastores: [{ name: 'ds', host: 'nowhere' }] }, 'datastore "ds"'],
    [{ vms: [{ name: 'a', disks: [{ image: import.meta.filename, capacityBytes: 512 }] }] }, 'a disk of "a"'],
  ])('that can’t be is refused: %j', async (description, what) => {
    await expect(startLab(description)).rejects.toMatchObject({ code: 'lab.bad-description', details: { what } })
  })

  it('is the same twice for the same seed', async () => {
    const uuids: string[] = []
    for (let i = 0; i < 2; i++) {
      await using lab = await startLab({ seed: 'same', vms: [{ name: 'a' }] })
      uuids.push(lab.vm('a').instanceUuid)
    }
    expect(uuids[0]).toBe(uuids[1])
  })

  it('has a clock that only goes forward', () => {
    const clock = new LabClock(fakeClock(1000))
    clock.advance(500)
    clock.advance(-9999)
    expect([clock.nowMs(), clock.monotonicMs()]).toEqual([1500, 1500])
    expect(clock.timestamp()).toBe('1970-01-01T00:00:01.500Z')
  })
})
