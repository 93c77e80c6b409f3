import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RunSet } from './run-set.ts'

describe('RunSet', () => {
  it('removes only what is wholly there, as a set of bytes would', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: -2, max: 40 }), fc.integer({ min: -1, max: 20 })), { maxLength: 30 }),
        (removals) => {
          const set = new RunSet(32)
          const model = new Set(Array.from({ length: 32 }, (_, i) => i))
          for (const [offset, length] of removals) {
            const bytes = Array.from({ length: Math.max(length, 0) }, (_, i) => offset + i)
            const isThere = length > 0 && bytes.every((byte) => model.has(byte))
            expect(set.remove(offset, length)).toBe(isThere)
            if (isThere) for (const byte of bytes) model.delete(byte)
            const runs = set.runs()
            expect(runs.flatMap((run) => Array.from({ length: run.length }, (_, i) => run.offset + i))).toEqual([
              ...model,
            ])
            for (const [i, run] of runs.entries())
              if (i > 0) expect(run.offset).toBeGreaterThan(runs[i - 1]!.offset + runs[i - 1]!.length)
          }
        },
      ),
    )
  })

  it('refuses to fall into more pieces than memory and time allow', () => {
    const set = new RunSet(1_000_000)
    const scatter = () => {
      for (let at = 1; at < 1_000_000; at += 2) set.remove(at, 1)
    }
    expect(scatter).toThrow('more than 4096')
    expect(set.runs().length).toBeLessThanOrEqual(4096)
  })

  it('is empty for nothing', () => {
    expect(new RunSet(0).runs()).toEqual([])
    expect(new RunSet(0).remove(0, 1)).toBe(false)
  })
})
