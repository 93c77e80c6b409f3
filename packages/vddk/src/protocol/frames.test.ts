import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { frame, FrameReader } from './frames.ts'

describe('frames', () => {
  it('come out as they went in, however they are cut', () => {
    const frames = fc.array(fc.record({ head: fc.record({ id: fc.nat(), text: fc.string() }), body: fc.uint8Array() }))
    fc.assert(
      fc.property(frames, fc.integer({ min: 1, max: 50 }), (sent, size) => {
        const got: { head: object; body: number[] }[] = []
        const reader = new FrameReader((head, body) => got.push({ head, body: [...body] }))
        const wire = Buffer.concat(sent.flatMap(({ head, body }) => frame(head, body)))
        for (let at = 0; at < wire.length; at += size) reader.push(wire.subarray(at, at + size))
        expect(got).toEqual(sent.map(({ head, body }) => ({ head, body: [...body] })))
      }),
    )
  })

  it.each([
    ['no head', [0, 0, 0, 0, 0, 0, 0, 0]],
    ['a head beyond all measure', [255, 255, 255, 255, 0, 0, 0, 0]],
    ['a body beyond all measure', [1, 0, 0, 0, 255, 255, 255, 255]],
    ['a head that is no JSON', [1, 0, 0, 0, 0, 0, 0, 0, 0x7b]],
  ])('are refused with %s', (_name, bytes) => {
    const reader = new FrameReader(() => expect.unreachable())
    expect(() => reader.push(new Uint8Array(bytes))).toThrow(/frame|JSON/)
  })
})
