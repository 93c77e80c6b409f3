import { randomBytes } from 'node:crypto'
import { zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { codeOf, FormatError } from '@vmkeep/kit'
import { describe, expect, it } from 'vitest'
import { blobType, compression, decodeBlobHeader, encodeBlobHeader } from '../formats/blob.ts'
import { hmac, seal } from '../formats/aead.ts'
import { firstRing } from '../formats/key-ring.ts'
import { blobKeys, roleKeys } from '../keys/role-keys.ts'
import { regionOf } from './jobs.ts'
import { MemoryArea } from './memory-area.ts'
import { idOf, openBlob, sealBlob } from './seal-blob.ts'
import { WorkerPool } from './worker-pool.ts'

const roles = roleKeys(new Uint8Array(32), new Uint8Array(16))
const keys = blobKeys(roles, firstRing(new Uint8Array(32).fill(1), 0))

describe('a memory area', () => {
  const area = (granules: number) =>
    new MemoryArea(new ArrayBuffer(1000 + granules * 10), {
      startBytes: 1000,
      sizeBytes: granules * 10,
      granuleBytes: 10,
    })

  it('never lends a byte twice, serves in order, and loses nothing', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(fc.integer({ min: 1, max: 80 }), fc.constant('back' as const), fc.constant('shrink' as const)),
          { maxLength: 60 },
        ),
        async (steps) => {
          const memory = area(10)
          const held: Uint8Array[] = []
          const served: number[] = []
          let asked = 0
          for (const step of steps) {
            if (typeof step === 'number') {
              const turn = asked++
              void memory.allocate(step).then((bytes) => {
                served.push(turn)
                for (const other of held)
                  expect(
                    bytes.byteOffset >= other.byteOffset + other.length ||
                      other.byteOffset >= bytes.byteOffset + bytes.length,
                  ).toBe(true)
                held.push(bytes)
              })
            } else if (step === 'back') held.splice(0, 1).forEach((bytes) => memory.release(bytes))
            else if (held.length > 0) {
              const bytes = held.pop()!
              const kept = bytes.subarray(0, Math.ceil(bytes.length / 2))
              memory.shrink(bytes, kept.length)
              held.push(kept)
            }
            await Promise.resolve().then(() => {})
          }
          while (held.length > 0) {
            memory.release(held.pop()!)
            await Promise.resolve().then(() => {})
          }
          expect(served).toEqual(Array.from({ length: asked }, (_, i) => i))
          expect([memory.lentBytes, memory.waiting]).toEqual([0, 0])
        },
      ),
    ))

  it('lets a waiting caller go when its signal is aborted, and serves the next', async () => {
    const memory = area(2)
    const first = await memory.allocate(15)
    const controller = new AbortController()
    const large = memory.allocate(20, controller.signal)
    const small = memory.allocate(5, controller.signal)
    controller.abort(new Error('enough'))
    await expect(large).rejects.toThrow('enough')
    await expect(small).rejects.toThrow('enough')
    expect(memory.waiting).toBe(0)
    memory.release(first)
    expect((await memory.allocate(20)).length).toBe(20)
  })

  it('takes back only what it lent', async () => {
    const memory = area(4)
    const bytes = await memory.allocate(15)
    expect([memory.owns(bytes.subarray(0, 3)), memory.owns(bytes.subarray(1)), memory.owns(new Uint8Array(3))]).toEqual(
      [true, false, false],
    )
    memory.release(bytes)
    expect(() => memory.release(bytes)).toThrow('lent')
  })
})

describe('a blob', () => {
  const sealed = (plain: Uint8Array, level = 1, type: number = blobType.chunk) => {
    const id = idOf(keys, type, plain)
    const { header, ciphertext, tag } = sealBlob(keys, { type, id, plain, level, nonce: randomBytes(12) })
    return { id, blob: Buffer.concat([header, ciphertext, tag]) }
  }

  it('opens to what was sealed, compressed only where that is worth it', () =>
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 5000 }),
        fc.constantFrom(0, 1, 3),
        fc.constantFrom(1, 2, 3),
        (plain, level, type) => {
          const { id, blob } = sealed(plain, level, type)
          expect(new Uint8Array(openBlob(keys, blob, { id, type }))).toEqual(plain)
          expect(blob.length).toBeLessThanOrEqual(plain.length + 80)
          const { compression: how } = decodeBlobHeader(blob, blob.length)
          expect(
            how === compression.none ? blob.length === plain.length + 80 : blob.length - 80 <= 0.95 * plain.length,
          ).toBe(true)
        },
      ),
    ))

  it('that is doubtful is compressed only if pieces from all over it compress', () => {
    const noise = randomBytes(256 * 1024)
    const half = Buffer.concat([noise.subarray(0, 128 * 1024), Buffer.alloc(128 * 1024, 'text ')])
    const text = Buffer.alloc(256 * 1024, 'text ')
    const compressionOf = (plain: Uint8Array) => {
      const id = idOf(keys, blobType.chunk, plain)
      const blob = { type: blobType.chunk, id, plain, level: 1, sampleFirst: true, nonce: randomBytes(12) }
      const { header, ciphertext } = sealBlob(keys, blob)
      return decodeBlobHeader(header, ciphertext.length + 80).compression
    }
    expect([noise, half, text].map(compressionOf)).toEqual([compression.none, compression.zstd, compression.zstd])
  })

  it('notices every flipped bit, every cut, another id and another type', () => {
    const { id, blob } = sealed(Buffer.alloc(300, 'text '))
    for (let bit = 0; bit < 8 * blob.length; bit++) {
      blob[bit >> 3]! ^= 1 << (bit & 7)
      expect(() => openBlob(keys, blob, { id })).toThrow(FormatError)
      blob[bit >> 3]! ^= 1 << (bit & 7)
    }
    for (let length = 0; length < blob.length; length++)
      expect(() => openBlob(keys, blob.subarray(0, length), { id })).toThrow(FormatError)
    expect(() => openBlob(keys, blob, { id: randomBytes(32) })).toThrow(FormatError)
    expect(() => openBlob(keys, blob, { id, type: blobType.mapPage })).toThrow(FormatError)
  })

  it('cannot be opened with another key, and a maintainer without data keys opens pages only', () => {
    const [chunk, page] = [sealed(Buffer.from('guest data')), sealed(Buffer.from('a page'), 0, blobType.mapPage)]
    const maintainer = { ...keys, data: new Map() }
    expect(() => openBlob(maintainer, chunk.blob, { id: chunk.id })).toThrow('not in the ring')
    expect(openBlob(maintainer, page.blob, { id: page.id })).toEqual(Buffer.from('a page'))
    const foreign = blobKeys(roleKeys(new Uint8Array(32).fill(9), new Uint8Array(16)), firstRing(new Uint8Array(32), 0))
    for (const { blob, id } of [chunk, page]) expect(() => openBlob(foreign, blob, { id })).toThrow(FormatError)
  })

  it.each([9_999, 10_001, 4 * 1024 * 1024])(
    'whose content unpacks to 10,000 bytes and not the stated %i is refused',
    (plainBytes) => {
      const body = zstdCompressSync(Buffer.alloc(10_000, 'x'))
      const id = idOf(keys, blobType.chunk, Buffer.alloc(10_000, 'x'))
      const nonce = randomBytes(12)
      const about = { type: blobType.chunk, compression: compression.zstd, keyGeneration: 1, id, nonce }
      const header = encodeBlobHeader({ ...about, plainBytes, storedBytes: body.length + 80 })
      const { ciphertext, tag } = seal({ key: hmac(new Uint8Array(32).fill(1), id), nonce, additional: header }, body)
      expect(() => openBlob(keys, Buffer.concat([header, ciphertext, tag]), { id })).toThrow(/unpack/)
    },
  )
})

describe('worker threads', () => {
  const pool = (threads: number) => {
    const memory = new SharedArrayBuffer(1024 * 1024)
    return { memory, pool: new WorkerPool({ memory, keys }, threads) }
  }

  it('do jobs on shared memory, many at once, each with its own answer', async () => {
    const { memory, pool: workers } = pool(2)
    await using _ = workers
    const chunks = Array.from({ length: 8 }, (_unused, i) => new Uint8Array(memory, i * 131_072, 131_072).fill(i))
    const answers = await Promise.all(
      chunks.map((chunk) => workers.run('identify', { run: regionOf(chunk), chunkSizeBytes: 131_072 })),
    )
    answers.forEach(({ ids, zeroes }, i) => {
      expect(zeroes[0]).toBe(i === 0 ? 1 : 0)
      if (i > 0) expect(Buffer.compare(ids, idOf(keys, blobType.chunk, chunks[i]!))).toBe(0)
    })
  })

  it('begin before there is a job, if told, and do no other work than they would', async () => {
    const { pool: early } = pool(3)
    await using _early = early
    for (let i = 0; i < 2; i++) early.expectJobs()
    const { sha256 } = await early.run('hash', { pieces: [Buffer.from('abc')] })
    expect(Buffer.from(sha256).toString('hex').slice(0, 16)).toBe('ba7816bf8f01cfea')
    await early[Symbol.asyncDispose]()
    early.expectJobs() // and none when it is closed
  })

  it('hand an error back and go on; a closed pool refuses', async () => {
    const { memory, pool: workers } = pool(1)
    const run = { at: memory.byteLength, lengthBytes: 131_072 } // outside
    await expect(workers.run('identify', { run, chunkSizeBytes: 131_072 })).rejects.toThrow(
      'Invalid typed array length',
    )
    const { sha256 } = await workers.run('hash', { pieces: [Buffer.from('abc')] })
    expect(Buffer.from(sha256).toString('hex')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
    await workers[Symbol.asyncDispose]()
    expect(await workers.run('hash', { pieces: [] }).catch(codeOf)).toBe('repository.closed')
  })
})
