import { mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DirectWriter } from './direct-writer.ts'
import { NewFile } from './new-file.ts'

// The compiler's library has no WebAssembly without the browser's DOM.
declare const WebAssembly: {
  Memory: new (options: { initial: number; maximum: number; shared: true }) => { readonly buffer: SharedArrayBuffer }
}

const pageBytes = 64 * 1024
const memory = new WebAssembly.Memory({ initial: 16, maximum: 16, shared: true }).buffer
new Uint8Array(memory).forEach((_, at, bytes) => (bytes[at] = (at * 31 + (at >> 12)) & 0xff))

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vmkeep-direct-'))
  path = join(folder, 'disk.raw')
})
afterEach(() => rm(folder, { recursive: true }))

describe('writing past the page cache', () => {
  it('takes whole blocks of page-aligned memory, if the file system lets it, and leaves everything else', async () => {
    await (await open(path, 'wx')).close()
    await using direct = await DirectWriter.open(path)
    if (direct === undefined) return // no Linux, or a file system without O_DIRECT: everything goes through the cache
    const bytes = new Uint8Array(memory, 0, 2 * pageBytes)
    for (const [at, some] of [
      [100, bytes], // somewhere in a block
      [0, bytes.subarray(100)], // memory that is not aligned
      [0, bytes.subarray(0, 4096)], // so little that waiting for the disk costs more
      [0, new Uint8Array(2 * pageBytes)], // memory of which nobody knows where it lies
    ] as const)
      expect(await direct.write(at, some)).toBe(0)
    expect([0, 2 * pageBytes]).toContain(await direct.write(0, bytes.subarray(0, 2 * pageBytes)))
    expect([0, 2 * pageBytes]).toContain(
      await direct.write(2 * pageBytes, bytes.subarray(0, pageBytes), bytes.subarray(0, pageBytes + 100), bytes),
    )
  })

  it('and through it, one beside the other, gives one file', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.nat(3 * pageBytes), { maxLength: 12 }), async (sizes) => {
        await using file = await NewFile.create(path)
        let atBytes = 0
        const pieces = sizes.map((size, i) => {
          const lengthBytes = i % 2 === 0 ? size - (size % 4096) : size
          const bytes = new Uint8Array(memory, (i % 4) * pageBytes, lengthBytes)
          return { offsetBytes: (atBytes += lengthBytes) - lengthBytes, bytes }
        })
        await Promise.all(pieces.map(({ offsetBytes, bytes }) => file.write(offsetBytes, bytes)))
        await file.publish()
        expect((await readFile(path)).equals(Buffer.concat(pieces.map(({ bytes }) => bytes)))).toBe(true)
        await rm(path)
      }),
      { numRuns: 30 },
    ))
})
