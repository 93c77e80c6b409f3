import { FormatError, type Struct } from '@vmkeep/kit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as m from './index.ts'

/** Hex as the specification prints it, with blanks; `00*12` stands for twelve zero bytes. */
const hex = (text: string) =>
  Buffer.from(
    text.replaceAll(/00\*(\d+)/g, (_, count: string) => '00'.repeat(Number(count))).replaceAll(/\s/g, ''),
    'hex',
  )

type Row = readonly [Struct<any>, Record<string, unknown>, string]

const classic: Row[] = [
  [m.Handshake, {}, '2b000000 506c61696e54657874 00*251'],
  [m.SessionParams, {}, '21000000 00*260'],
  [m.SessionParamsReply, { value: 1 }, '24000000 00*12 01000000 00*244'],
  [m.Version, { version: 11 }, '33000000 0b000000 00*256'],
  [m.ConnectionData, { nameBytes: 4, operationIdBytes: 7 }, '36000000 04000000 07000000 00*252'],
  [m.SessionFeatures, { features: 3 }, '37000000 03000000 00*256'],
  [m.AioSessionOpen, {}, '34000000 00*260'],
  [m.SessionComplete, {}, '04000000 00*260'],
]

const aio: Row[] = [
  [m.AioHeader, { type: 7, size: 44, opId: 18 }, '7ada00a1 07000000 2c000000 12000000'],
  [m.OpenSession, { bufferBytes: 65_536, bufferCount: 4 }, '00000000 00000100 04000000 00000000'],
  [m.OpenSessionReply, {}, '00*16'],
  [m.SetSockOpts, {}, '00*12'],
  [m.SetSockOptsReply, { sendBytes: 1_675_000, receiveBytes: 1_675_000, flag: 1 }, 'f88e1900 f88e1900 01000000'],
  [m.SetResPool, { pool: 1 }, '01000000'],
  [m.CloseSession, {}, '00000000'],
  [m.OpenFile, { pathBytes: 33, fileType: 2, flags: 0x1e }, '21000000 00*12 02000000 1e000000 00*36'],
  [
    m.OpenFileReply,
    {
      handle: 0x1122334455667788n,
      fileType: 2,
      flags: 0x1a,
      capacityBytes: 10_737_418_240,
      sectorSizeBytes: 512,
      cylinders: 1305,
      heads: 255,
      sectors: 63,
    },
    '00*8 8877665544332211 02000000 1a000000 00*4 0000008002000000 00020000 19050000 ff000000 3f000000 00*8',
  ],
  [m.CloseFile, { handle: 7n }, '0700000000000000'],
  [
    m.ReadRequest,
    {
      handle: 7n,
      direction: 1,
      compression: 3,
      offsetBytes: 0x1_0000_0200,
      lengthBytes: 66_048,
      lengthBytesAgain: 66_048,
      lengthBytesOnceMore: 66_048,
    },
    '0700000000000000 01000000 03000000 0002000001000000 0002010000000000 00020100 00020100 00000000',
  ],
  [
    m.IoFragment,
    {
      handle: 0n,
      direction: 1,
      compression: 0,
      offsetBytes: 0x1_0000_0200,
      totalBytes: 66_048,
      fragmentOffsetBytes: 65_536,
      fragmentBytes: 512,
      wireBytes: 512,
    },
    '00*8 01000000 00000000 0002000001000000 00020100 00000100 00020000 00020000 00000000',
  ],
  [m.DdbGet, { handle: 7n, keyBytes: 4 }, '0700000000000000 04000000 00000000'],
  [m.DdbGetReply, { valueBytes: 8 }, '00*12 08000000'],
  [
    m.QueryAllocatedBlocks,
    { handle: 7n, chunkBytes: 65_536, startBytes: 1_048_576, chunkCount: 100 },
    '0700000000000000 00*8 0000010000000000 0000100000000000 6400000000000000 00*8',
  ],
  [m.QueryAllocatedBlocksReply, { chunkCount: 100 }, '00*32 6400000000000000 00*8'],
]

const named = (rows: Row[]) => rows.map(([message, value, bytes]) => [message.name, message, value, bytes] as const)

describe('nfc messages', () => {
  it.each(named([...classic, ...aio]))('%s matches the bytes of the specification', (_name, message, value, bytes) => {
    expect(Buffer.from(message.encode(value)).toString('hex')).toBe(hex(bytes).toString('hex'))
    expect(message.decode(hex(bytes))).toMatchObject(value)
  })

  it.each(named([...classic, ...aio]))('%s refuses every truncation', (_name, message, value) => {
    const bytes = message.encode(value)
    for (let length = 0; length < bytes.length; length++)
      expect(() => message.decode(bytes.subarray(0, length))).toThrow(FormatError)
  })

  it('makes every classic frame 264 bytes long and tells them apart', () => {
    for (const [message, value] of classic) {
      expect(message.sizeBytes).toBe(m.classicFrameBytes)
      expect(message.name).toMatch(m.classicTypeOf(message.encode(value)))
    }
    expect(() => m.classicTypeOf(Buffer.alloc(264, 9))).toThrow('unknown type 151587081')
    expect(() => m.classicTypeOf(Buffer.alloc(263))).toThrow('263 of 264 bytes')
  })

  it('refuses another type or magic than the message has', () => {
    expect(() => m.Version.decode(m.SessionParams.encode({}))).toThrow('nfc.VERSION.type: expected 0x33')
    expect(() => m.AioHeader.decode(Buffer.alloc(16))).toThrow('nfc.aio-header.magic: expected 0xa100da7a')
  })

  it('refuses sizes beyond 2^53', () => {
    expect(() => m.OpenFileReply.decode(Buffer.alloc(60, 0xff))).toThrow('capacityBytes')
  })

  it('names the types it knows', () => {
    expect(m.aioTypeName(m.aioType.QUERY_ALLOCATED_BLOCKS)).toBe('QUERY_ALLOCATED_BLOCKS')
    expect(m.aioTypeName(6)).toBeUndefined()
  })
})

describe('the hand-written fragment codec', () => {
  const u32 = fc.nat({ max: 0xffff_ffff })
  const fragments = fc.record({
    direction: u32,
    compression: u32,
    offsetBytes: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
    totalBytes: u32,
    fragmentOffsetBytes: u32,
    fragmentBytes: u32,
    wireBytes: u32,
  })

  it('writes what the declared structs write', () => {
    fc.assert(
      fc.property(fragments, u32, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (fragment, opId, handle) => {
        const declared = Buffer.concat([
          m.AioHeader.encode({ type: m.aioType.IO, size: m.IoFragment.sizeBytes, opId }),
          m.IoFragment.encode({ handle, ...fragment }),
        ])
        expect(Buffer.from(m.encodeFragmentFrame(opId, handle, fragment)).equals(declared)).toBe(true)
      }),
    )
  })

  it('reads what the declared struct reads', () => {
    fc.assert(
      fc.property(fragments, fc.nat({ max: 9 }), (fragment, at) => {
        const bytes = Buffer.concat([Buffer.alloc(at), m.IoFragment.encode({ handle: 0n, ...fragment })])
        const into = { ...fragment, direction: -1, offsetBytes: -1, wireBytes: -1 }
        m.decodeFragment(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), at, into)
        expect(into).toEqual(fragment)
      }),
    )
  })
})

describe('an ERROR payload', () => {
  it('is a code, with text if there is any', () => {
    expect(m.decodeError(hex('0b000000'))).toEqual({ code: m.nfcErrorCode.fileReadOnly, text: '' })
    const noMemory = { code: m.nfcErrorCode.noMemory, text: 'Failed to allocate the requested 24117272 bytes' }
    expect(m.decodeError(m.encodeError(noMemory))).toEqual(noMemory)
    expect(m.decodeError(hex('01000000 ff00fe'))).toEqual({ code: 1, text: '' })
  })

  it('refuses every truncation of the code', () => {
    for (let length = 0; length < 4; length++) expect(() => m.decodeError(Buffer.alloc(length))).toThrow(FormatError)
  })
})

describe('authd lines', () => {
  it.each([
    [m.authdCommand.session('52cdebc5-b7ee'), 'SESSION 52cdebc5-b7ee\r\n'],
    [m.authdCommand.banner(), 'BANNER \r\n'],
    [m.authdCommand.thumbprintSha2(), 'THUMBPRINT_SHA2 PlainText\r\n'],
    [m.authdCommand.proxy(m.authdService('vpxa-nfc', 'nbd')), 'PROXY vpxa-nfc\r\n'],
    [m.authdCommand.proxy(m.authdService('nfc', 'nbdssl')), 'PROXY nfcssl\r\n'],
    [m.formatAuthdReply({ code: 200, text: 'Connect ha-nfcssl' }), '200 Connect ha-nfcssl\r\n'],
  ])('are the bytes of the specification: %j', (line, expected) => expect(line).toBe(expected))

  it('are read back', () => {
    expect(m.parseAuthdReply('530 Login incorrect.')).toEqual({ code: 530, text: 'Login incorrect.' })
    expect(m.parseAuthdCommand('BANNER ')).toEqual({ name: 'BANNER', argument: '' })
    expect(m.parseAuthdCommand('SESSION a b')).toEqual({ name: 'SESSION', argument: 'a b' })
  })

  it('refuse what is none, and never hold a second command', () => {
    for (const text of ['', '220', '22 x', 'hello', '\u0016\u0003\u0001']) {
      expect(() => m.parseAuthdReply(text)).toThrow(FormatError)
    }
    expect(() => m.parseAuthdCommand('get / HTTP/1.1')).toThrow(FormatError)
    expect(() => m.authdCommand.session('a\r\nPROXY x')).toThrow('line break')
  })
})

describe('SkipZ', () => {
  const sparse = fc
    .array(fc.tuple(fc.nat({ max: 9000 }), fc.uint8Array({ maxLength: 700 })), { maxLength: 6 })
    .map((runs) => {
      const plain = Buffer.alloc(10_000)
      for (const [at, bytes] of runs) plain.set(bytes.subarray(0, plain.length - at), at)
      return plain
    })

  it('matches the bytes of the specification', () => {
    const target = Buffer.alloc(8, 0xee)
    m.decodeSkipZ(hex('08000000 00000000  01000000 02000000 aabb  05000000 01000000 cc'), target)
    expect(target.toString('hex')).toBe('00aabb0000cc0000')
    m.decodeSkipZ(hex('08000000 00000000'), target)
    expect(target.toString('hex')).toBe('0000000000000000')
    expect(Buffer.from(m.encodeSkipZ(Buffer.alloc(65_536))!).toString('hex')).toBe('0000010000000000')
  })

  it('gives back what it was given, whenever it shrinks it', () => {
    fc.assert(
      fc.property(sparse, (plain) => {
        const packed = m.encodeSkipZ(plain)
        if (packed === undefined) return
        expect(packed.length).toBeLessThan(plain.length)
        const target = Buffer.alloc(plain.length, 0xee)
        m.decodeSkipZ(packed, target)
        expect(target.equals(plain)).toBe(true)
      }),
    )
  })

  it('declines what does not shrink', () => {
    expect(m.encodeSkipZ(Buffer.alloc(4096, 1))).toBeUndefined()
    expect(m.encodeSkipZ(new Uint8Array(8))).toBeUndefined()
  })

  it('refuses every truncation of a run', () => {
    const plain = Buffer.alloc(2048)
    plain.fill(7, 512, 1024)
    const packed = m.encodeSkipZ(plain)!
    for (let length = 0; length < packed.length; length++)
      if (length !== 8) expect(() => m.decodeSkipZ(packed.subarray(0, length), plain)).toThrow(FormatError)
  })

  it.each([
    ['another length', '09000000 00000000'],
    ['a run beyond the end', '08000000 00000000 07000000 02000000 aabb'],
    ['a run of 2^32-1 bytes', '08000000 00000000 00000000 ffffffff aabb'],
    ['an offset of 2^32-1', '08000000 00000000 ffffffff 02000000 aabb'],
    ['runs that overlap', '08000000 00000000 02000000 02000000 aabb 03000000 01000000 cc'],
    ['runs that descend', '08000000 00000000 04000000 01000000 aa 00000000 01000000 cc'],
  ])('refuses %s', (_what, packed) => {
    expect(() => m.decodeSkipZ(hex(packed), Buffer.alloc(8))).toThrow(FormatError)
  })

  it('never writes outside its target, whatever comes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.boolean(), (noise, plausible) => {
        const around = Buffer.alloc(96, 0xee)
        const target = around.subarray(32, 64)
        const packed = plausible ? Buffer.concat([hex('20000000 00000000'), noise.map((byte) => byte & 0x0f)]) : noise
        try {
          m.decodeSkipZ(packed, target)
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError)
        }
        expect(around.subarray(0, 32).equals(Buffer.alloc(32, 0xee))).toBe(true)
        expect(around.subarray(64).equals(Buffer.alloc(32, 0xee))).toBe(true)
      }),
    )
  })
})

describe('an allocation bitmap', () => {
  it('is least significant bit first and padded to 4 bytes', () => {
    expect(m.allocationBitmapBytes(0)).toBe(0)
    expect(m.allocationBitmapBytes(1)).toBe(4)
    expect(m.allocationBitmapBytes(33)).toBe(8)
    expect([...m.decodeAllocationBitmap(hex('0381 ff 00'), 24)]).toEqual([
      { first: 0, count: 2 },
      { first: 8, count: 1 },
      { first: 15, count: 9 },
    ])
    expect(Buffer.from(m.encodeAllocationBitmap([{ first: 1, count: 9 }], 12)).toString('hex')).toBe('fe030000')
  })

  it('gives back what it was given, as runs that do not touch', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 200 }), (chunks) => {
        const singles = chunks.flatMap((allocated, first) => (allocated ? [{ first, count: 1 }] : []))
        const runs = [...m.decodeAllocationBitmap(m.encodeAllocationBitmap(singles, chunks.length), chunks.length)]
        const back = chunks.map((_, chunk) => runs.some((run) => chunk >= run.first && chunk < run.first + run.count))
        expect(back).toEqual(chunks)
        for (const [i, run] of runs.entries())
          if (i > 0) expect(run.first).toBeGreaterThan(runs[i - 1]!.first + runs[i - 1]!.count)
      }),
    )
  })

  it('refuses to be shorter than its chunks, and chunks outside it', () => {
    expect(() => [...m.decodeAllocationBitmap(Buffer.alloc(4), 33)]).toThrow(FormatError)
    expect(() => m.encodeAllocationBitmap([{ first: 3, count: 2 }], 4)).toThrow(FormatError)
  })

  it('does not look at its padding', () => {
    expect([...m.decodeAllocationBitmap(Buffer.alloc(4, 0xff), 3)]).toEqual([{ first: 0, count: 3 }])
  })
})
