import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seededRandom } from '@vmkeep/kit'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { directFiles } from './direct-files.ts'

const bytes = Buffer.alloc(1_000_003, seededRandom('direct files').bytes(65_537))
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vmkeep-direct-files-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function fileOf(content: Buffer): Promise<string> {
  const path = join(folder, `${content.length}-flat.vmdk`)
  await writeFile(path, content)
  return path
}

it.each([
  ['a table', 4096, 512],
  ['a run of data', 4096, 512 * 1024],
  ['a run at any place, to the end', 1001, bytes.length - 1001],
])('reads %s', async (_what, offsetBytes, lengthBytes) => {
  await using source = await directFiles(folder).open(await fileOf(bytes))
  const target = Buffer.alloc(lengthBytes)
  await source.read(offsetBytes, target)
  expect(target.equals(bytes.subarray(offsetBytes, offsetBytes + lengthBytes))).toBe(true)
})

it.each([
  ['a table', 512],
  ['a run of data', 512 * 1024],
])(
  'calls a file damaged that ends early, found by %s: another transport may read the disk',
  async (_what, lengthBytes) => {
    const path = await fileOf(bytes)
    await using source = await directFiles(folder).open(path)
    await truncate(path, 4096)
    await expect(source.read(4096, Buffer.alloc(lengthBytes))).rejects.toMatchObject({ code: 'vmdk.damaged' })
  },
)

it('says what is not there as before', async () => {
  await expect(directFiles(folder).open(join(folder, 'none'))).rejects.toMatchObject({ code: 'vmdk.not-found' })
})
