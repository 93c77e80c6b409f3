import { deflateSync } from 'node:zlib'
import { seededRandom } from '@vmkeep/kit'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { aioType, AioHeader, compressionKind, IoFragment } from '../messages/index.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { openOnPair } from '../testing/open-on-pair.ts'
import type { ClientFrame, Piece, Script, ScriptedNfc } from '../testing/scripted-nfc.ts'
import type { NfcFileOptions } from './options.ts'

const random = seededRandom('nfc file')
const bomb = deflateSync(Buffer.alloc(1_000_000))
const little = deflateSync(Buffer.alloc(3))
/** Noise, with zeroes here and there so that compression has something to do. */
const image = Buffer.from(random.bytes(1_048_576))
for (let at = 8192; at < image.length; at += 65_536) image.fill(0, at, at + 20_000)

async function open(script?: Script, options?: Partial<NfcFileOptions>) {
  const pair = await openOnPair(image, script, options)
  onTestFinished(() => {
    pair.nfc.stream.destroy()
    return pair.file[Symbol.asyncDispose]()
  })
  return pair
}

const part = (offsetBytes: number, lengthBytes: number) => image.subarray(offsetBytes, offsetBytes + lengthBytes)

/** Holds IO requests back until there are `count`, then lets `answer` have them. */
function gather(count: number, answer: (frames: ClientFrame[], nfc: ScriptedNfc) => void): Script {
  const held: ClientFrame[] = []
  return {
    onFrame(frame, nfc) {
      if (frame.type !== aioType.IO) return false
      held.push(frame)
      if (held.length === count) answer(held, nfc)
      return true
    },
  }
}

describe('an NFC file', () => {
  it('knows its disk and closes in order', async () => {
    const { file, nfc } = await open()
    expect(file).toMatchObject({
      capacityBytes: image.length,
      sectorSizeBytes: 512,
      geometry: { cylinders: 8, heads: 16, sectors: 63 },
    })
    await file.close()
    await file.close()
    expect(await nfc.left).toBe(true)
    expect(nfc.failure).toBeUndefined()
    expect(nfc.names).toEqual(['vddk', 'nbdmode'])
    expect(nfc.frames.map(({ type }) => type)).toEqual([2, 9, 22, 4, 5, 3])
  })

  it('reads in requests of the size and number asked for, never more', async () => {
    let inFlight = 0
    let most = 0
    const { file, nfc } = await open(
      {
        onFrame(frame, server) {
          if (frame.type !== aioType.IO) return false
          most = Math.max(most, ++inFlight)
          setImmediate(() => {
            inFlight--
            server.stream.write(server.fragment(frame, { offset: 0, length: frame.payload.readUInt32LE(24) }))
          })
          return true
        },
      },
      { requestBytesMax: 65_536, requestsInFlightMax: 3 },
    )
    const targets = [Buffer.alloc(300_000 - (300_000 % 512)), Buffer.alloc(131_072)]
    await Promise.all([file.read(0, targets[0]!), file.read(512, targets[1]!)])
    expect(targets[0]!.equals(part(0, targets[0]!.length))).toBe(true)
    expect(targets[1]!.equals(part(512, 131_072))).toBe(true)
    expect(most).toBe(3)
    expect(
      nfc.frames.filter(({ type }) => type === aioType.IO).every(({ payload }) => payload.readUInt32LE(24) <= 65_536),
    ).toBe(true)
  })

  it('puts fragments where they belong, in whatever order, size and compression they come', async () => {
    let pieces: Piece[] = []
    const { file, nfc } = await open({ pieces: () => pieces }, { compression: 'zlib' })
    const { file: skipping } = await open({ pieces: () => pieces }, { compression: 'skipz' })
    const cuts = fc.uniqueArray(fc.integer({ min: 1, max: 199 }), { maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(cuts, fc.infiniteStream(fc.nat()), fc.boolean(), async (at, choices, zlib) => {
        const lengthBytes = 200 * 512
        const edges = [0, ...at.toSorted((a, b) => a - b), 200].map((sector) => sector * 512)
        const compression = zlib ? 'zlib' : 'skipz'
        pieces = edges.slice(1).map((end, i) => ({
          offset: edges[i]!,
          length: end - edges[i]!,
          compression: choices.next().value % 2 === 0 ? 'none' : compression,
        }))
        for (let i = pieces.length - 1; i > 0; i--) {
          const j = choices.next().value % (i + 1)
          ;[pieces[i], pieces[j]] = [pieces[j]!, pieces[i]!]
        }
        const target = Buffer.alloc(lengthBytes, 0xee)
        await (zlib ? file : skipping).read(4096, target)
        expect(target.equals(part(4096, lengthBytes))).toBe(true)
      }),
      { numRuns: 60 },
    )
    expect(nfc.failure).toBeUndefined()
  })

  it('reads any bytes, asking for whole sectors only', async () => {
    const { file, nfc } = await open()
    for (const [offsetBytes, lengthBytes] of [
      [1, 1],
      [511, 2],
      [512, 512],
      [100, 700],
      [1000, 100_000],
      [image.length - 1, 1],
      [7, 0],
    ] as const) {
      const target = Buffer.alloc(lengthBytes, 0xee)
      await file.read(offsetBytes, target)
      expect(target.equals(part(offsetBytes, lengthBytes))).toBe(true)
    }
    expect(nfc.failure).toBeUndefined()
  })

  it('lets a refused request fail alone', async () => {
    const { file } = await open(
      gather(2, ([first, second], nfc) => {
        nfc.refuse(first!, 0x2a, 'medium error')
        nfc.stream.write(nfc.fragment(second!, { offset: 0, length: 512 }))
      }),
    )
    const target = Buffer.alloc(512)
    const [bad, good] = await Promise.allSettled([file.read(0, Buffer.alloc(512)), file.read(512, target)])
    expect(bad).toMatchObject({ reason: { code: 'nfc.request-failed', remedy: 'call-operator' } })
    expect(String((bad as PromiseRejectedResult).reason)).toContain(
      'reading 512 bytes of [ds] vm/vm.vmdk from byte 0 on, NFC error 42 (medium error)',
    )
    expect(good.status).toBe('fulfilled')
    expect(target.equals(part(512, 512))).toBe(true)
  })

  it('says which refusals have a remedy of their own', async () => {
    const { file } = await open({
      onFrame: (frame, nfc) =>
        frame.type === aioType.IO && (nfc.refuse(frame, frame.payload.readUInt32LE(16) === 0 ? 5 : 11), true),
    })
    await expect(file.read(0, Buffer.alloc(512))).rejects.toMatchObject({ code: 'nfc.out-of-memory', remedy: 'retry' })
    await expect(file.read(512, Buffer.alloc(512))).rejects.toMatchObject({ code: 'nfc.read-only' })
  })

  it('fails everything in flight when the connection breaks, and what comes after', async () => {
    const { file } = await open(gather(3, (_frames, nfc) => nfc.stream.destroy()))
    const reads = [0, 512, 1024].map((at) => file.read(at, Buffer.alloc(512)))
    for (const read of await Promise.allSettled(reads))
      expect(read).toMatchObject({ reason: { code: 'nfc.connection-lost', remedy: 'retry' } })
    await expect(file.read(0, Buffer.alloc(512))).rejects.toMatchObject({ code: 'nfc.connection-lost' })
    await expect(file.close()).rejects.toMatchObject({ code: 'nfc.connection-lost' })
  })

  it('notices a host that owes an answer and is silent, not one that owes nothing', async () => {
    const clock = new ManualClock()
    let isSilent = false
    const asked = Promise.withResolvers<void>()
    const onFrame = () => {
      if (isSilent) asked.resolve()
      return isSilent
    }
    const { file } = await open({ onFrame }, { clock, timeouts: { requestMs: 1000 } })
    await clock.advance(5000)
    await file.read(0, Buffer.alloc(512))
    isSilent = true
    const reading = expect(file.read(0, Buffer.alloc(512))).rejects.toMatchObject({
      code: 'nfc.timeout',
      remedy: 'retry',
    })
    await asked.promise
    await clock.advance(2000)
    await reading
  })

  it('gives the memory of an aborted read back at once, and the connection lives on', async () => {
    const reason = new Error('enough')
    const aborted = new AbortController()
    const { file } = await open(
      gather(1, ([frame], nfc) => {
        const answer = nfc.fragment(frame!, { offset: 0, length: 4096 })
        nfc.stream.write(answer.subarray(0, 1000))
        setImmediate(() => {
          aborted.abort(reason)
          setImmediate(() => nfc.stream.write(answer.subarray(1000)))
        })
      }),
      { requestsInFlightMax: 1 },
    )
    const target = Buffer.alloc(4096)
    await expect(file.read(0, target, aborted.signal)).rejects.toBe(reason)
    target.fill(0xee)
    const next = new AbortController()
    const waiting = file.read(0, Buffer.alloc(512), next.signal) // needs the place of the aborted one
    await new Promise((resolve) => setTimeout(resolve, 10))
    expect(target.every((byte) => byte === 0xee)).toBe(true)
    next.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    await expect(file.read(0, target, AbortSignal.abort(reason))).rejects.toBe(reason)
    expect(await file.ddbGet('uuid')).toBeUndefined()
  })

  it('fails what is in flight when it is closed, and all after', async () => {
    const { file, nfc } = await open(
      gather(9, () => {}),
      { requestsInFlightMax: 1 },
    )
    const reads = [file.read(0, Buffer.alloc(512)), file.read(0, Buffer.alloc(512))]
    const failed = reads.map((read) => expect(read).rejects.toMatchObject({ code: 'nfc.closed' }))
    await file[Symbol.asyncDispose]()
    await Promise.all(failed)
    await expect(file.read(0, Buffer.alloc(512))).rejects.toMatchObject({ code: 'nfc.closed' })
    expect(await nfc.left).toBe(false)
  })

  it('refuses runs outside the disk', async () => {
    const { file } = await open()
    for (const offsetBytes of [-1, image.length, image.length - 1, Number.NaN])
      await expect(file.read(offsetBytes, new Uint8Array(2))).rejects.toMatchObject({ code: 'nfc.out-of-range' })
  })
})

describe('writing', () => {
  it.each(['none', 'skipz', 'zlib'] as const)(
    'sends whole sectors in fragments, compression %s, and reads them back',
    async (compression) => {
      const disk = Buffer.from(image)
      const { file, nfc } = await openOnPair(disk, {}, { access: 'write', compression, requestBytesMax: 131_072 })
      const expected = Buffer.from(image)
      const writes = [
        [0, 512],
        [65_536, 400_000],
        [600_001, 30],
        [700_000, 70_000],
        [image.length - 512, 512],
      ].map(async ([offsetBytes, lengthBytes]) => {
        const bytes = Buffer.from(random.bytes(lengthBytes!))
        bytes.subarray(100, 20_000).fill(0)
        bytes.copy(expected, offsetBytes)
        await file.write(offsetBytes!, bytes)
      })
      await Promise.all(writes)
      expect(disk.equals(expected)).toBe(true)
      const target = Buffer.alloc(image.length)
      await file.read(0, target)
      expect(target.equals(expected)).toBe(true)
      await file.close()
      expect(nfc.failure).toBeUndefined()
      expect(await nfc.left).toBe(true)
    },
  )

  it('does not lose either of two writes to one sector', async () => {
    const disk = Buffer.alloc(4096)
    const { file } = await openOnPair(disk, {}, { access: 'write' })
    await Promise.all(Array.from({ length: 8 }, (_, i) => file.write(i * 64, Buffer.alloc(64, i + 1))))
    expect(Array.from({ length: 8 }, (_, i) => disk[i * 64 + 63])).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    await file[Symbol.asyncDispose]()
  })

  it('fails when the acknowledgement is for something else', async () => {
    const { file } = await open({
      onFrame(frame, nfc) {
        if (frame.type !== aioType.IO) return false
        nfc.reply(frame, IoFragment.encode({ ...IoFragment.decode(frame.payload), totalBytes: 1024 }))
        return true
      },
    })
    await expect(file.write(0, Buffer.alloc(512))).rejects.toMatchObject({ code: 'nfc.protocol-violation' })
  })
})

describe('what else a file tells', () => {
  it('gives the values of the descriptor that are set', async () => {
    const ddb = { adapterType: 'lsilogic', uuid: '60 00 C2 9e', virtualHWVersion: '21' }
    const { file } = await open({ ddb })
    expect(await file.ddbGet('adapterType')).toBe('lsilogic')
    expect(await file.ddbGet('isDigest')).toBeUndefined()
    expect(await file.readDiskMetadata()).toEqual(ddb)
  })

  it('gives what is allocated, as a model would', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.nat({ max: 16 })),
        fc.nat({ max: 1_048_576 + 512 }),
        fc.nat({ max: 1_048_576 }),
        fc.constantFrom(65_536, 131_072),
        async (holes, offsetBytes, length, chunkBytes) => {
          const disk = Buffer.alloc(1_048_576 + 512) // its last chunk is not whole
          // The server knows chunks of 64 KiB; larger ones are holes if it says so of their first part.
          const { file, nfc } = await openOnPair(disk, { holes: new Set(holes) })
          const end = Math.min(offsetBytes + length, disk.length)
          const extents = []
          for await (const extent of file.queryAllocatedBlocks(
            { offsetBytes, lengthBytes: end - offsetBytes },
            chunkBytes,
          ))
            extents.push(extent)
          const isAllocated = (byte: number) => {
            const chunk = Math.floor(byte / chunkBytes)
            return (chunk + 1) * chunkBytes > disk.length || !holes.includes((chunk * chunkBytes) / 65_536)
          }
          const model: { offsetBytes: number; lengthBytes: number }[] = []
          for (let at = offsetBytes; at < end;) {
            const next = Math.min((Math.floor(at / chunkBytes) + 1) * chunkBytes, end)
            const last = model.at(-1)
            if (isAllocated(at)) {
              if (last !== undefined && last.offsetBytes + last.lengthBytes === at)
                model[model.length - 1] = { offsetBytes: last.offsetBytes, lengthBytes: next - last.offsetBytes }
              else model.push({ offsetBytes: at, lengthBytes: next - at })
            }
            at = next
          }
          expect(extents).toEqual(model)
          expect(nfc.failure).toBeUndefined()
          await file[Symbol.asyncDispose]()
        },
      ),
      { numRuns: 60 },
    )
  })

  it('trusts no answer about what is allocated after a write', async () => {
    const { file } = await openOnPair(Buffer.alloc(1_048_576), { holes: new Set([0, 1, 2]) }, { access: 'write' })
    await file.write(0, Buffer.alloc(512, 1))
    const extents = []
    for await (const extent of file.queryAllocatedBlocks({ offsetBytes: 0, lengthBytes: 262_144 }, 65_536))
      extents.push(extent)
    expect(extents).toEqual([{ offsetBytes: 0, lengthBytes: 262_144 }])
    await file[Symbol.asyncDispose]()
  })
})

describe('a host that does not keep the protocol', () => {
  const good = (frame: ClientFrame) => ({
    handle: 0n,
    direction: 1,
    compression: 0,
    offsetBytes: Number(frame.payload.readBigUInt64LE(16)),
    totalBytes: 4096,
    fragmentOffsetBytes: 0,
    fragmentBytes: 4096,
    wireBytes: 4096,
  })
  const frameOf = (
    frame: ClientFrame,
    change: Partial<ReturnType<typeof good>>,
    data: Uint8Array = Buffer.alloc(4096),
  ) =>
    Buffer.concat([
      AioHeader.encode({ type: aioType.IO, size: 44, opId: frame.opId }),
      IoFragment.encode({ ...good(frame), ...change }),
      data,
    ])
  const cases: readonly (readonly [string, string, (frame: ClientFrame) => Uint8Array])[] = [
    ['answers a write', 'direction 0 to a read', (f) => frameOf(f, { direction: 0 })],
    ['answers another offset', 'an answer for 8192+4096 to a read of 0+4096', (f) => frameOf(f, { offsetBytes: 8192 })],
    ['answers another length', 'an answer for 0+8192 to a read of 0+4096', (f) => frameOf(f, { totalBytes: 8192 })],
    [
      'sends a fragment beyond the request',
      '4096+512 that is empty, repeated or outside',
      (f) => frameOf(f, { fragmentOffsetBytes: 4096, fragmentBytes: 512 }),
    ],
    [
      'sends a fragment of 2^32-1 bytes',
      '0+4294967295 that is empty',
      (f) => frameOf(f, { fragmentBytes: 0xffff_ffff, wireBytes: 0xffff_ffff }),
    ],
    ['sends an empty fragment', '0+0 that is empty', (f) => frameOf(f, { fragmentBytes: 0, wireBytes: 0 })],
    [
      'sends a fragment twice',
      '0+512 that is empty, repeated',
      (f) => Buffer.concat([0, 1].map(() => frameOf(f, { fragmentBytes: 512, wireBytes: 512 }, Buffer.alloc(512)))),
    ],
    [
      'sends overlapping fragments',
      '256+512 that is empty, repeated',
      (f) =>
        Buffer.concat(
          [0, 256].map((at) =>
            frameOf(f, { fragmentOffsetBytes: at, fragmentBytes: 512, wireBytes: 512 }, Buffer.alloc(512)),
          ),
        ),
    ],
    [
      'sends more raw bytes than announced',
      '8192 bytes for a raw fragment of 4096',
      (f) => frameOf(f, { wireBytes: 8192 }),
    ],
    [
      'compresses unasked',
      'a fragment of compression 2, asked for zlib',
      (f) => frameOf(f, { compression: compressionKind.fastlz }),
    ],
    [
      'sends a compressed fragment of 2^32-1 bytes',
      '4294967295 compressed bytes for a fragment of 4096',
      (f) => frameOf(f, { compression: 1, wireBytes: 0xffff_ffff }),
    ],
    [
      'sends what does not inflate',
      'does not inflate: incorrect header check',
      (f) => frameOf(f, { compression: 1, wireBytes: 9 }, Buffer.alloc(9, 0xff)),
    ],
    [
      'sends a bomb',
      'does not inflate: Cannot create a Buffer larger than 4096 bytes',
      (f) => frameOf(f, { compression: 1, wireBytes: bomb.length }, bomb),
    ],
    [
      'sends too little',
      'a zlib fragment of 3 bytes, announced as 4096',
      (f) => frameOf(f, { compression: 1, wireBytes: little.length }, little),
    ],
    ['answers what was not asked', 'for request 77, which is not pending', (f) => frameOf({ ...f, opId: 77 }, {})],
    [
      'answers with another type',
      'expected a reply to IO, found one of type 5',
      (f) => AioHeader.encode({ type: 5, size: 8, opId: f.opId }),
    ],
    [
      'answers with another size',
      'a reply to IO with a payload of 48',
      (f) => AioHeader.encode({ type: 7, size: 48, opId: f.opId }),
    ],
    ['sends a frame without magic', 'nfc.aio-header.magic: expected 0xa100da7a', () => Buffer.alloc(16, 1)],
    [
      'sends an error about nothing',
      'NFC error 9  for request 77, which is not pending',
      () => Buffer.concat([AioHeader.encode({ type: 1, size: 4, opId: 77 }), Buffer.from([9, 0, 0, 0])]),
    ],
    [
      'sends an error without a code',
      'nfc.ERROR: 0 of 4 bytes',
      (f) => AioHeader.encode({ type: 1, size: 0, opId: f.opId }),
    ],
  ]

  it.each(cases)('%s', async (_what, fact, answer) => {
    const { file } = await open(
      { onFrame: (frame, nfc) => frame.type === aioType.IO && (nfc.stream.write(answer(frame)), true) },
      { compression: 'zlib', timeouts: { requestMs: 2000 } },
    )
    const target = Buffer.alloc(4096)
    const error: unknown = await file.read(0, target).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'nfc.protocol-violation', remedy: 'report-bug' })
    expect(String(error)).toContain(fact)
    expect(String(error)).toContain('esx:902')
  })

  it('sends SkipZ that leaves its fragment', async () => {
    const wild = Buffer.from('00100000 00000000 f00f0000 20000000'.replaceAll(' ', '') + 'aa'.repeat(32), 'hex')
    const { file } = await open(
      {
        onFrame: (frame, nfc) =>
          frame.type === aioType.IO &&
          (nfc.stream.write(frameOf(frame, { compression: 3, wireBytes: wild.length }, wild)), true),
      },
      { compression: 'skipz' },
    )
    const around = Buffer.alloc(8192, 0xee)
    await expect(file.read(0, around.subarray(0, 4096))).rejects.toThrow('SkipZ: run 4080+32')
    expect(around.subarray(4096).every((byte) => byte === 0xee)).toBe(true)
  })

  it('announces a value or a bitmap of no sensible size', async () => {
    const { file } = await open({
      onFrame(frame, nfc) {
        if (frame.type === aioType.DDB_GET) nfc.reply(frame, Buffer.alloc(16, 0xff))
        else if (frame.type === aioType.QUERY_ALLOCATED_BLOCKS) nfc.reply(frame, Buffer.alloc(48))
        else return false
        return true
      },
    })
    await expect(file.queryChunks(65_536, 0, 4)).rejects.toThrow('a bitmap of 0 chunks, asked for 4')
    const { file: second } = await open({
      onFrame: (frame, nfc) => frame.type === aioType.DDB_GET && (nfc.reply(frame, Buffer.alloc(16, 0xff)), true),
    })
    await expect(second.ddbGet('uuid')).rejects.toThrow('a value of 4294967295 bytes for uuid')
  })

  it('opens something that is no disk', async () => {
    const change = (at: number, value: number): Script => ({
      onFrame(frame, nfc) {
        if (frame.type !== aioType.OPEN_FILE) return false
        const reply = Buffer.alloc(60)
        reply.writeUInt32LE(2, 16)
        reply.writeUInt32LE(1024, 28)
        reply.writeUInt32LE(512, 36)
        reply.writeUInt32LE(value, at)
        nfc.reply(frame, reply)
        return true
      },
    })
    await expect(open(change(16, 1))).rejects.toThrow('expected a file of type 2, found type 1')
    await expect(open(change(28, 1000))).rejects.toThrow('a disk of 1000 bytes with sectors of 512')
    await expect(open(change(32, 0xffff_ffff))).rejects.toThrow('capacityBytes')
    await expect(open(change(36, 0))).rejects.toThrow('sectors of 0 bytes')
  })

  it('sends noise: the answer is an error in words, soon, whatever the noise', async () => {
    const noise = fc.array(
      fc.oneof(fc.uint8Array({ maxLength: 80 }), fc.constant(Buffer.from('7ada00a1070000002c00000004000000', 'hex'))),
      { minLength: 1, maxLength: 6 },
    )
    await fc.assert(
      fc.asyncProperty(noise, async (chunks) => {
        const { file, nfc } = await openOnPair(image, {
          onFrame(frame, server) {
            if (frame.type !== aioType.IO) return false
            for (const chunk of chunks) server.stream.write(chunk)
            server.stream.end()
            return true
          },
        })
        const error: unknown = await file.read(0, Buffer.alloc(4096)).catch((reason: unknown) => reason)
        expect(['nfc.protocol-violation', 'nfc.connection-lost', 'nfc.unknown-message']).toContain(
          (error as { code: string }).code,
        )
        nfc.stream.destroy()
      }),
      { numRuns: 200 },
    )
  })
})
