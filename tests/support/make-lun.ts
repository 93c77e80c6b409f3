// What this machine would see of a VMFS datastore of the lab if it stood on the same storage network: a LUN, in the folder where Linux
// names its disks, with the VMDKs of a VM as they are now.
import { mkdir, readdir, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { openBlockDevice } from '@vmkeep/disk'
import { type Lab, lunNameOf } from '@vmkeep/lab'
import { buildVmfs, type NewFile } from '@vmkeep/vmfs/testing'
import { parseDatastorePath } from '@vmkeep/vsphere'
import { mountDisks } from './mount-datastore.ts'

export interface MadeLun {
  /** Stands for `/dev/disk/by-id`. */
  readonly lunFolder: string
  readonly path: string
}

type LikeFile = Pick<NewFile, 'format' | 'inLargeBlocks' | 'through'>

/** Makes the LUN of the datastore of a VM's first disk, anew if it is there. `like` says how its flat files lie on it. */
export async function makeLun(lab: Lab, vm: string, folder: string, like: LikeFile = {}): Promise<MadeLun> {
  const name = parseDatastorePath(lab.vm(vm).disks[0]!.backing.fileName)!.datastore
  return await makeLunOf(lab, name, folder, (files) => mountDisks(lab, vm, files), like)
}

/** Makes the LUN of a datastore, with whatever `write` puts into a folder. */
export async function makeLunOf(
  lab: Lab,
  name: string,
  folder: string,
  write: (folder: string) => Promise<void>,
  like: LikeFile = {},
): Promise<MadeLun> {
  const { url } = lab.storage.datastore(name)
  const [files, lunFolder] = [join(folder, 'files-of-lun'), join(folder, 'by-id')]
  const path = join(folder, `lun-of-${name}`)
  for (const old of [files, lunFolder, path]) await rm(old, { recursive: true, force: true })
  await mkdir(lunFolder)
  await write(files)
  await using made = new AsyncDisposableStack()
  const contents: NewFile[] = []
  for (const file of (await readdir(files, { recursive: true, withFileTypes: true })).filter((entry) =>
    entry.isFile(),
  )) {
    const at = join(file.parentPath, file.name)
    const content = made.use(await openBlockDevice(at, { caching: 'buffered' }))
    contents.push({ path: at.slice(files.length + 1), content, ...(file.name.endsWith('-flat.vmdk') ? like : {}) })
  }
  const uuid = url.split('/').at(-2)!
  await buildVmfs({ label: name, uuid, files: contents, devices: [path], isPartitioned: true })
  await symlink(path, join(lunFolder, `wwn-0x${lunNameOf(url).slice('naa.'.length)}`))
  return { lunFolder, path }
}
