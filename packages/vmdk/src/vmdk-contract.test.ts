import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DiskContent, diskReaderContract, diskWriterContract } from '@vmkeep/disk/testing'
import { afterAll, beforeAll } from 'vitest'
import { createVmdk, type VmdkKind, vmdkKinds } from './create-vmdk.ts'
import { openVmdk } from './open-vmdk.ts'

let folder: string
let files = 0
const nextPath = () => join(folder, `disk-${files++}.vmdk`)
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vmkeep-vmdk-'))
})
afterAll(() => rm(folder, { recursive: true }))

for (const kind of vmdkKinds) {
  diskReaderContract(`a ${kind} VMDK`, (content) => written(kind, content))
  diskWriterContract(`a ${kind} VMDK`, async (capacityBytes) => {
    const path = nextPath()
    return { disk: await createVmdk(path, { kind, capacityBytes }), reopen: () => openVmdk(path) }
  })
}

async function written(kind: VmdkKind, { capacityBytes, runs }: DiskContent) {
  const path = nextPath()
  await using disk = await createVmdk(path, { kind, capacityBytes })
  for (const { offsetBytes, bytes } of runs) await disk.write(offsetBytes, bytes)
  await disk.finish()
  return await openVmdk(path)
}
