import { VimFault } from '../../faults/vim-fault.ts'
import { checkPrivileges } from '../../soap/check-privileges.ts'
import { type Call, type Handlers, targetAs } from '../../soap/call.ts'
import { parseDatastorePath } from '../../storage/index.ts'
import { copyInto } from '../../storage/sparse-bytes.ts'
import { startTask } from '../../tasks/start-task.ts'
import { DatastoreBrowser } from '../datastore-browser.ts'
import { DatastoreObject } from '../datastore.ts'
import { searchFolder, searchSubFolders } from '../search-datastore.ts'

type World = Call<'MakeDirectory'>['world']

export const fileMethods: Handlers = {
  MakeDirectory(call) {
    const { name, createParentDirectories } = call.request
    const { object, store, path } = locate(call.world, name)
    checkPrivileges(call, object, ['Datastore.FileManagement'])
    const parent = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : ''
    if (store.stat(path) !== undefined) throw new VimFault('FileAlreadyExists', { file: name })
    if (createParentDirectories !== true && parent !== '' && store.stat(parent) === undefined)
      throw new VimFault('FileNotFound', { file: name })
    store.makeFolder(path)
  },

  DeleteDatastoreFile_Task(call) {
    const { object, store, path } = locate(call.world, call.request.name)
    checkPrivileges(call, object, ['Datastore.FileManagement'])
    return startTask(call, { descriptionId: 'FileManager.deleteFile', entity: object, shared: true }, () =>
      store.deleteFile(path),
    )
  },

  MoveDatastoreFile_Task(call) {
    const { sourceName, destinationName, force } = call.request
    const [from, to] = [locate(call.world, sourceName), locate(call.world, destinationName)]
    checkPrivileges(call, from.object, ['Datastore.FileManagement'])
    return startTask(call, { descriptionId: 'FileManager.moveFile', entity: from.object, shared: true }, async () => {
      if (force === true && to.store.stat(to.path) !== undefined) to.store.deleteFile(to.path)
      if (from.store === to.store) return from.store.moveFile(from.path, to.path)
      await copyFile(from, to)
      from.store.deleteFile(from.path)
    })
  },

  CopyDatastoreFile_Task(call) {
    const { sourceName, destinationName, force } = call.request
    const [from, to] = [locate(call.world, sourceName), locate(call.world, destinationName)]
    checkPrivileges(call, from.object, ['Datastore.FileManagement'])
    return startTask(call, { descriptionId: 'FileManager.copyFile', entity: from.object, shared: true }, async () => {
      if (force !== true && to.store.stat(to.path) !== undefined)
        throw new VimFault('FileAlreadyExists', { file: destinationName })
      await copyFile(from, to)
    })
  },

  SearchDatastore_Task(call) {
    const browser = targetAs(call, DatastoreBrowser)
    const { datastorePath, searchSpec } = call.request
    const object = browsed(browser, datastorePath)
    const options = { descriptionId: 'HostDatastoreBrowser.search', entity: object, shared: true }
    return startTask(call, options, () => searchFolder(object, datastorePath, searchSpec ?? {}))
  },

  SearchDatastoreSubFolders_Task(call) {
    const browser = targetAs(call, DatastoreBrowser)
    const { datastorePath, searchSpec } = call.request
    const object = browsed(browser, datastorePath)
    const options = { descriptionId: 'HostDatastoreBrowser.searchSubFolders', entity: object, shared: true }
    return startTask(call, options, () => ({
      $type: 'ArrayOfHostDatastoreBrowserSearchResults',
      $value: searchSubFolders(object, datastorePath, searchSpec ?? {}),
    }))
  },

  RefreshDatastore: (call) => void targetAs(call, DatastoreObject),
  RefreshDatastoreStorageInfo: (call) => void targetAs(call, DatastoreObject),

  CreateVirtualDisk_Task(call) {
    const { name, spec } = call.request
    const { object } = locate(call.world, name)
    checkPrivileges(call, object, ['Datastore.FileManagement'])
    if (!('capacityKb' in spec)) throw new VimFault('InvalidArgument', { invalidProperty: 'spec' })
    const allocations = { thin: 'thin', eagerZeroedThick: 'eagerZeroedThick', preallocated: 'lazyZeroedThick' } as const
    const allocation = allocations[spec.diskType as keyof typeof allocations] ?? 'lazyZeroedThick'
    const disk = { capacityBytes: Number(spec.capacityKb) * 1024, allocation, adapterType: spec.adapterType }
    return startTask(
      call,
      { descriptionId: 'VirtualDiskManager.createVirtualDisk', entity: object, shared: true },
      async () => {
        await call.world.storage.createDisk(name, disk)
        return name
      },
    )
  },

  DeleteVirtualDisk_Task(call) {
    const { object } = locate(call.world, call.request.name)
    checkPrivileges(call, object, ['Datastore.FileManagement'])
    const options = { descriptionId: 'VirtualDiskManager.deleteVirtualDisk', entity: object, shared: true }
    return startTask(call, options, () => call.world.storage.deleteDisk(call.request.name))
  },

  CopyVirtualDisk_Task(call) {
    const { sourceName, destName } = call.request
    const { object } = locate(call.world, sourceName)
    checkPrivileges(call, object, ['Datastore.FileManagement'])
    const options = { descriptionId: 'VirtualDiskManager.copyVirtualDisk', entity: object, shared: true }
    return startTask(call, options, () => call.world.storage.copyDisk(sourceName, destName))
  },

  ExtendVirtualDisk_Task(call) {
    const { name, newCapacityKb } = call.request
    const { object } = locate(call.world, name)
    checkPrivileges(call, object, ['Datastore.FileManagement'])
    const options = { descriptionId: 'VirtualDiskManager.extendVirtualDisk', entity: object, shared: true }
    return startTask(call, options, () => call.world.storage.growDisk(name, Number(newCapacityKb) * 1024))
  },

  async QueryVirtualDiskUuid({ world, request }) {
    await using disk = world.storage.openPath(request.name)
    const uuid = disk.database('uuid')
    if (uuid === undefined) throw new VimFault('FileNotFound', { file: request.name })
    return uuid
  },
}

interface Place {
  readonly object: DatastoreObject
  readonly store: DatastoreObject['store']
  readonly path: string
}

/** A datastore path, resolved. @throws VimFault `InvalidDatastore`, `lab.bad-path` */
function locate(world: World, name: string): Place {
  const { datastore, path } = parseDatastorePath(name)
  const object = world.datastores.find(({ store }) => store.name === datastore)
  if (object === undefined) throw new VimFault('InvalidDatastore', { name: datastore })
  return { object, store: object.store, path }
}

function browsed(browser: DatastoreBrowser, datastorePath: string): DatastoreObject {
  const { datastore } = parseDatastorePath(datastorePath)
  const object = browser.datastores.find(({ store }) => store.name === datastore)
  if (object === undefined) throw new VimFault('InvalidDatastore', { name: datastore })
  return object
}

async function copyFile(from: Place, to: Place): Promise<void> {
  await using file = from.store.open(from.path)
  await copyInto(to.store.createFile(to.path), file)
}
