import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { whole } from '@vmkeep/disk'
import { bytesOf } from '@vmkeep/disk/testing'
import { seededRandom } from '@vmkeep/kit'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openVmdk } from './open-vmdk.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vmkeep-open-'))
})
afterEach(() => rm(folder, { recursive: true }))

const image = Buffer.from(seededRandom('flat').bytes(4096))

/** A disk of ESXi as the datastore shows it. */
async function datastoreDisk(extents: string): Promise<string> {
  const path = join(folder, 'vm.vmdk')
  await writeFile(join(folder, 'vm-flat.vmdk'), image)
  await writeFile(
    path,
    `# Disk DescriptorFile\nversion=1\nencoding="UTF-8"\nCID=fb183c20\nparentCID=ffffffff\ncreateType="vmfs"\n\n${extents}\n\nddb.adapterType = "lsilogic"\n`,
  )
  return path
}

it("reads a host's disk by its descriptor", async () => {
  await using disk = await openVmdk(await datastoreDisk('RW 8 VMFS "vm-flat.vmdk"'))
  expect(disk.capacityBytes).toBe(4096)
  expect(await bytesOf(disk, whole(4096))).toEqual(image)
})

it('puts extents together in their order, from where they begin in their files', async () => {
  await using disk = await openVmdk(
    await datastoreDisk('RW 2 FLAT "vm-flat.vmdk" 6\nRW 3 ZERO\nNOACCESS 1 FLAT "vm-flat.vmdk" 0'),
  )
  const expected = Buffer.concat([image.subarray(6 * 512), Buffer.alloc(3 * 512), image.subarray(0, 512)])
  expect(await bytesOf(disk, whole(6 * 512))).toEqual(expected)
  expect(await bytesOf(disk, { offsetBytes: 1000, lengthBytes: 1600 })).toEqual(expected.subarray(1000, 2600))
  const allocated = await Array.fromAsync(disk.allocated({ offsetBytes: 512, lengthBytes: 2560 }))
  expect(allocated).toEqual([
    { offsetBytes: 512, lengthBytes: 512 },
    { offsetBytes: 2560, lengthBytes: 512 },
  ])
})
