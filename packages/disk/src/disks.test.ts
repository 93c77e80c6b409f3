import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { MemoryDisk } from './memory-disk.ts'
import { createRawFile, openRawFile } from './raw-file.ts'
import { diskReaderContract, diskWriterContract, imageOf } from './testing.ts'

let folder: string
let files = 0
const nextPath = () => join(folder, `disk-${files++}.raw`)
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vmkeep-disk-'))
})
afterAll(() => rm(folder, { recursive: true }))

diskReaderContract('a memory disk', async ({ capacityBytes, runs }) => {
  const disk = new MemoryDisk(capacityBytes)
  for (const { offsetBytes, bytes } of runs) await disk.write(offsetBytes, bytes)
  return disk
})
diskWriterContract('a memory disk', async (capacityBytes) => {
  const disk = new MemoryDisk(capacityBytes)
  return { disk: unclosable(disk), reopen: async () => disk }
})
diskReaderContract('a raw file', async (content) => {
  const path = nextPath()
  await writeFile(path, imageOf(content))
  return openRawFile(path)
})
diskWriterContract('a raw file', async (capacityBytes) => {
  const path = nextPath()
  return { disk: await createRawFile(path, capacityBytes), reopen: () => openRawFile(path) }
})

it("a raw file has its name only when finished, and never another file's", async () => {
  const path = nextPath()
  const abandoned = await createRawFile(path, 4096)
  await abandoned.write(0, Buffer.alloc(512, 1))
  expect((await readdir(folder)).filter((name) => path.endsWith(name))).toEqual([])
  await abandoned[Symbol.asyncDispose]()
  expect((await readdir(folder)).filter((name) => name.endsWith('.partial'))).toEqual([])
  await writeFile(path, 'somebody else')
  await expect(createRawFile(path, 4096)).rejects.toMatchObject({ code: 'EEXIST' })
})

/** A memory disk is gone once closed; to read it back, the writer's closing must not be the disk's. */
function unclosable(disk: MemoryDisk) {
  return {
    capacityBytes: disk.capacityBytes,
    ascending: false,
    write: disk.write.bind(disk),
    finish: disk.finish.bind(disk),
    [Symbol.asyncDispose]: async () => {},
  }
}
