// What a datastore of the lab would show of a VM's disks if it were mounted here: VMDK files with all their parents, as they are now.
import { mkdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Lab } from '@vmkeep/lab'
import { formatDescriptor, noParent } from '@vmkeep/vmdk'
import { makeDelta } from '@vmkeep/vmdk/testing'
import { parseDatastorePath } from '@vmkeep/vsphere'

const pageBytes = 4096
type Disk = ReturnType<Lab['vm']>['disks'][number]
type Backing = Disk['backing']

/** What the files of a disk are that its guest does not see: noise, or a pointer to a LUN. */
export type OddFiles = 'encrypted' | 'raw device'

/** Writes the chains of all disks of a VM below `folder`, the mounted datastore. For small disks: they are held in memory. */
export async function mountDisks(lab: Lab, vm: string, folder: string, odd?: OddFiles): Promise<void> {
  for (const disk of lab.vm(vm).disks) {
    let below: { image: Buffer; cid: number; path: string } | undefined
    for (const [depth, backing] of chainOf(disk.backing).entries()) {
      const path = join(folder, parseDatastorePath(backing.fileName)!.path)
      await mkdir(dirname(path), { recursive: true })
      const layer = { path, image: await imageOf(lab, disk, backing), cid: depth + 1 }
      if (below === undefined) await writeBase(layer, disk, backing, odd)
      else await writeDelta(layer, below, backing)
      below = layer
    }
  }
}

const chainOf = (backing: Backing): Backing[] => [
  ...(backing.parent === undefined ? [] : chainOf(backing.parent)),
  backing,
]

async function imageOf(lab: Lab, disk: Disk, backing: Backing): Promise<Buffer> {
  const image = Buffer.alloc(disk.capacityBytes)
  if (backing.fileName === disk.backing.fileName) await disk.readGuest(0, image)
  else {
    await using open = lab.storage.openPath(backing.fileName)
    await open.read(0, image)
  }
  return image
}

interface LayerFile {
  readonly path: string
  readonly image: Buffer
  readonly cid: number
}

async function writeBase(
  { path, image, cid }: LayerFile,
  { sectorSizeBytes }: Disk,
  { uuid }: Backing,
  odd?: OddFiles,
): Promise<void> {
  const isRaw = odd === 'raw device'
  const fileName = basename(path).replace(/\.vmdk$/, isRaw ? '-rdm.vmdk' : '-flat.vmdk')
  await writeFile(join(dirname(path), fileName), odd === undefined ? image : image.map((byte) => byte ^ 0xa5))
  const type = isRaw ? 'VMFSRDM' : 'VMFS'
  const extent = { access: 'RW', sizeSectors: image.length / 512, type, fileName } as const
  const createType = isRaw ? 'vmfsRawDeviceMap' : 'vmfs'
  const descriptor = { version: 1, cid, parentCid: noParent, createType, extents: [extent], settings: {} }
  const ddb = {
    'ddb.adapterType': 'lsilogic',
    'ddb.uuid': uuid,
    ...(sectorSizeBytes === 512 ? {} : { 'ddb.logicalSectorSize': String(sectorSizeBytes) }),
    ...(odd === 'encrypted' ? { 'ddb.iofilters': 'vmwarevmcrypt' } : {}),
  }
  await writeFile(path, formatDescriptor({ ...descriptor, ddb }))
}

async function writeDelta({ path, image, cid }: LayerFile, below: LayerFile, backing: Backing): Promise<void> {
  const runs: { offsetBytes: number; bytes: Buffer }[] = []
  for (let offsetBytes = 0; offsetBytes < image.length; offsetBytes += pageBytes) {
    const bytes = image.subarray(offsetBytes, offsetBytes + pageBytes)
    if (!bytes.equals(below.image.subarray(offsetBytes, offsetBytes + pageBytes))) runs.push({ offsetBytes, bytes })
  }
  await makeDelta(path, {
    kind: backing.deltaDiskFormat === 'seSparseFormat' ? 'seSparse' : 'vmfsSparse',
    capacityBytes: image.length,
    runs,
    cid,
    ddb: { 'ddb.uuid': backing.uuid },
    parent: { cid: below.cid, hint: basename(below.path) },
  })
}
