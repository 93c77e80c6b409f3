import { MemoryDisk } from '@vmkeep/disk'
import { fakeClock } from '@vmkeep/kit/testing'
import type { RunEvent } from '@vmkeep/run'
import type { VmDiskReader } from '@vmkeep/transport'
import type { VmDatastore } from '@vmkeep/vsphere'
import { describe, expect, it } from 'vitest'
import { LatencyGuard, type LatencyLimits } from './latency-guard.ts'
import { SlowedDisk } from './slowed-disk.ts'
import { VmStart } from './vm-start.ts'

const minuteMs = 60_000
const limits: LatencyLimits = { startMaxMs: 20, readMaxMs: 30, patienceMinutes: 30 }
const store = (name: string) => ({ name, ref: { type: 'Datastore', value: name } }) as VmDatastore
const fast = store('fast')
const slow = store('slow')

/** How slow `slow` is at each minute; `fast` is at 5 ms always. */
function guarded(latencyAt: (minute: number) => number | undefined | Error, change: Partial<LatencyLimits> = {}) {
  const clock = fakeClock(0)
  const events: RunEvent[] = []
  let asked = 0
  const guard = new LatencyGuard({
    limits: { ...limits, ...change },
    clock,
    onEvent: (event) => events.push(event),
    signal: new AbortController().signal,
    async readLatency({ name }) {
      asked++
      const latencyMs = name === 'fast' ? 5 : latencyAt(clock.nowMs() / minuteMs)
      if (latencyMs instanceof Error) throw latencyMs
      return latencyMs === undefined ? undefined : { latencyMs, host: 'esxi-1' }
    },
  })
  const waits: string[] = []
  const start = (...datastores: VmDatastore[]) => new VmStart(guard, datastores, (detail) => waits.push(detail))
  const codes = () => events.flatMap((event) => (event.type === 'note' ? [event.code] : []))
  return { clock, guard, start, waits, codes, asked: () => asked, signal: new AbortController().signal }
}

describe('a VM', () => {
  it('starts at once where its datastores are calm, and asks once in 20 s for all', async () => {
    const { start, waits, clock, asked, signal } = guarded(() => 20)
    for (let vm = 0; vm < 5; vm++) await start(fast, slow).untilCalm(signal)
    expect({ waits, asked: asked(), nowMs: clock.nowMs() }).toEqual({ waits: [], asked: 2, nowMs: 0 })
  })

  it('waits for a slow one to become calm, and says for what', async () => {
    const { start, waits, clock, signal } = guarded((minute) => (minute < 5 ? 25 : 12))
    const turn = start(fast, slow)
    await turn.untilCalm(signal)
    expect(clock.nowMs()).toBe(5 * minuteMs)
    expect(waits[0]).toBe('datastore slow: 25 ms on esxi-1, more than 20 ms')
    expect(turn.ignored).toEqual([])
  })

  it('starts all the same when its patience ends, and says so', async () => {
    const { start, clock, signal } = guarded(() => 25)
    const turn = start(fast, slow)
    await turn.untilCalm(signal)
    expect(clock.nowMs()).toBe(30 * minuteMs)
    expect(turn.ignored).toMatchObject([{ code: 'started-though-slow' }])
  })

  it('spends the patience with a datastore for all others, until that was calm once more', async () => {
    const { start, clock, signal } = guarded((minute) => (minute >= 60 && minute < 70 ? 3 : 25))
    await start(slow).untilCalm(signal)
    await start(slow).untilCalm(signal)
    expect(clock.nowMs()).toBe(30 * minuteMs) // the second one has not waited
    clock.advance(31 * minuteMs)
    await start(slow).untilCalm(signal)
    clock.advance(10 * minuteMs)
    await start(slow).untilCalm(signal)
    expect(clock.nowMs()).toBe((71 + 30) * minuteMs)
  })

  it('waits no longer than its patience, though others saw the datastore calm in between', async () => {
    const { start, guard, clock, signal } = guarded(() => 25)
    const waiting = start(slow)
    const disturb = async () => {
      for (; clock.nowMs() < 120 * minuteMs; await clock.sleep(0)) guard.closedForMs(slow, false)
    }
    await Promise.race([waiting.untilCalm(signal), disturb()])
    expect(clock.nowMs()).toBe(30 * minuteMs)
  })

  it.each([
    ['no samples', undefined],
    ['no answer', new Error('no permission')],
  ])('does not wait where there are %s, which is told once', async (_, latency) => {
    const { start, clock, codes, signal } = guarded(() => latency)
    for (let vm = 0; vm < 3; vm++, clock.advance(minuteMs)) await start(slow).untilCalm(signal)
    expect(clock.nowMs()).toBe(3 * minuteMs)
    expect(codes()).toEqual(['latency-unknown'])
  })

  it('stops waiting when the run is called off', async () => {
    const { start } = guarded(() => 25)
    const reason = new Error('called off')
    await expect(start(slow).untilCalm(AbortSignal.abort(reason))).rejects.toBe(reason)
  })
})

describe('reading', () => {
  /** A disk whose reads take 100 ms, and how many were in flight at most. */
  function timedDisk(clock: ReturnType<typeof fakeClock>) {
    const memory = new MemoryDisk(1024 * 1024)
    let [inFlight, most] = [0, 0]
    const disk = Object.assign(Object.create(memory) as VmDiskReader, {
      capacityBytes: memory.capacityBytes,
      async read() {
        most = Math.max(most, ++inFlight)
        await clock.sleep(100)
        inFlight--
      },
    })
    return { disk, most: () => most }
  }

  async function readings(latencyAt: (minute: number) => number, reads: number) {
    const world = guarded(latencyAt)
    const { disk, most } = timedDisk(world.clock)
    const slowed = new SlowedDisk(disk, slow, world.guard)
    await world.guard.latencyOf(slow) // as it was before the snapshot
    const startedMs = world.clock.nowMs()
    await Promise.all(Array.from({ length: reads }, () => slowed.read(0, new Uint8Array(512))))
    return { ...world, most: most(), tookMs: world.clock.nowMs() - startedMs, slowed }
  }

  it('goes at full speed up to the limit', async () => {
    const { most, slowed, codes } = await readings(() => 30, 4)
    expect({ most, slowedSeconds: slowed.slowedSeconds, codes: codes() }).toEqual({
      most: 4,
      slowedSeconds: 0,
      codes: [],
    })
  })

  it('goes one by one above it, with a rest as long as each read, and says so once', async () => {
    const { most, slowed, codes, tookMs } = await readings(() => 31, 4)
    expect({ most, slowedSeconds: slowed.slowedSeconds, tookMs, codes: codes() }).toEqual({
      most: 1,
      slowedSeconds: 0.4,
      tookMs: 800,
      codes: ['reads-slowed'],
    })
  })

  it('goes at full speed again when the datastore is calm, and says so', async () => {
    const { guard, clock, codes, slowed } = await readings((minute) => (minute < 1 ? 50 : 10), 2)
    clock.advance(minuteMs)
    await guard.latencyOf(slow)
    await slowed.read(0, new Uint8Array(512))
    expect({ slowedSeconds: slowed.slowedSeconds, codes: codes() }).toEqual({
      slowedSeconds: 0.2,
      codes: ['reads-slowed', 'datastore-calm'],
    })
  })
})
