import { FormatError } from '@vmkeep/kit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AioHeader, aioType, errorPayloadBytesMax } from '../messages/index.ts'
import { type Extra, type FrameHandler, FrameReader } from './frame-reader.ts'

/** Notes all it is given. The first byte of a payload says how many extra bytes follow. */
class Recorder implements FrameHandler {
  readonly frames: { type: number; opId: number; payload: string; extra?: string }[] = []
  #header = { type: 0, opId: 0 }

  header(type: number, _payloadBytes: number, opId: number): void {
    this.#header = { type, opId }
  }

  payload(view: DataView): Extra | undefined {
    const payload = Buffer.from(view.buffer, view.byteOffset, view.byteLength)
    const frame = { ...this.#header, payload: payload.toString('hex') }
    const extraBytes = payload.length === 0 ? 0 : payload[0]!
    if (payload.length === 0) {
      this.frames.push(frame)
      return undefined
    }
    const extraTarget = Buffer.alloc(extraBytes + 2, 0xee)
    return {
      extraBytes,
      extraTarget,
      extraTargetAt: 1,
      extraReceived: () => void this.frames.push({ ...frame, extra: extraTarget.toString('hex') }),
    }
  }
}

const frame = (opId: number, payload: Buffer, extra: Buffer) =>
  Buffer.concat([AioHeader.encode({ type: aioType.IO, size: payload.length, opId }), payload, extra])

const three = Buffer.concat([
  frame(0, Buffer.from([3, 9]), Buffer.from([1, 2, 3])),
  frame(1, Buffer.alloc(0), Buffer.alloc(0)),
  frame(2, Buffer.from([0]), Buffer.alloc(0)),
])
const expected = [
  { type: 7, opId: 0, payload: '0309', extra: 'ee010203ee' },
  { type: 7, opId: 1, payload: '' },
  { type: 7, opId: 2, payload: '00', extra: 'eeee' },
]

function framesOf(chunks: Iterable<Buffer>) {
  const recorder = new Recorder()
  const reader = new FrameReader(recorder)
  for (const chunk of chunks) reader.receive(chunk)
  return recorder.frames
}

describe('FrameReader', () => {
  it('finds the same frames wherever two chunks meet', () => {
    for (let at = 0; at <= three.length; at++)
      expect(framesOf([three.subarray(0, at), three.subarray(at)])).toEqual(expected)
  })

  it('finds the same frames byte by byte, and whatever the chunks', () => {
    expect(framesOf(Array.from(three, (byte) => Buffer.from([byte])))).toEqual(expected)
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 20 }), (lengths) => {
        let at = 0
        const chunks = lengths.map((length) => three.subarray(at, (at += length)))
        expect(framesOf([...chunks, three.subarray(at)])).toEqual(expected)
      }),
    )
  })

  it('takes nothing in once it was stopped', () => {
    const recorder = new Recorder()
    const reader = new FrameReader(recorder)
    reader.receive(three.subarray(0, 20))
    reader.stop()
    reader.receive(three.subarray(20))
    expect(recorder.frames).toEqual([])
  })

  it('refuses a wrong magic and an oversized payload before it takes anything in', () => {
    expect(() => framesOf([Buffer.alloc(16)])).toThrow('expected 0xa100da7a')
    const large = AioHeader.encode({ type: aioType.ERROR, size: errorPayloadBytesMax + 1, opId: 0 })
    expect(() => framesOf([Buffer.from(large)])).toThrow('a frame of type ERROR with a payload of 4097 bytes')
    const bomb = AioHeader.encode({ type: 99, size: 0xffff_ffff, opId: 0 })
    expect(() => framesOf([Buffer.from(bomb)])).toThrow('a frame of type 99 with a payload of 4294967295 bytes')
  })

  it('never throws anything but FormatError', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), fc.boolean(), (chunks, hasMagic) => {
        const start = hasMagic ? [Buffer.from('7ada00a1', 'hex')] : []
        try {
          framesOf([...start, ...chunks.map((chunk) => Buffer.from(chunk))])
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError)
        }
      }),
    )
  })
})
