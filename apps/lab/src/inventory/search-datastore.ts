import { type AnyOf, type DataObject } from '@vmkeep/vsphere/types'
import { matchesGlob } from '@vmkeep/kit'
import { formatDatastorePath, parseDatastorePath } from '../storage/index.ts'
import type { DatastoreEntry } from '../storage/model.ts'
import type { DatastoreObject } from './datastore.ts'

type SearchSpec = DataObject<'HostDatastoreBrowserSearchSpec'>
type SearchResults = DataObject<'HostDatastoreBrowserSearchResults'>
type FileInfo = AnyOf<'FileInfo'>

/** One folder of a datastore as a browser lists it. */
export function searchFolder(
  object: DatastoreObject,
  datastorePath: string,
  spec: SearchSpec,
): { readonly $type: 'HostDatastoreBrowserSearchResults' } & SearchResults {
  return {
    $type: 'HostDatastoreBrowserSearchResults',
    ...resultsOf(object, parseDatastorePath(datastorePath).path, spec),
  }
}

/** A folder and all below it. */
export function searchSubFolders(
  object: DatastoreObject,
  datastorePath: string,
  spec: SearchSpec,
): (SearchResults & { readonly $type: string })[] {
  const results: (SearchResults & { readonly $type: string })[] = []
  const queue = [parseDatastorePath(datastorePath).path]
  for (let folder = queue.shift(); folder !== undefined; folder = queue.shift()) {
    results.push({ $type: 'HostDatastoreBrowserSearchResults', ...resultsOf(object, folder, spec) })
    queue.push(
      ...object.store
        .list(folder)
        .filter(({ kind }) => kind === 'folder')
        .map(({ path }) => path),
    )
  }
  return results
}

function resultsOf(object: DatastoreObject, folder: string, spec: SearchSpec): SearchResults {
  const entries = object.store.list(folder).filter((entry) => isShown(entry) && isWanted(entry, spec))
  if (spec.sortFoldersFirst === true) entries.sort((a, b) => Number(b.kind === 'folder') - Number(a.kind === 'folder'))
  const path = formatDatastorePath({ datastore: object.store.name, path: folder })
  return {
    datastore: object.ref,
    folderPath: folder === '' ? path : `${path}/`,
    file: entries.map((entry) => fileInfo(entry, spec.details)),
  }
}

/** The files behind a descriptor are not listed: the descriptor stands for the disk. Source: HostDatastoreBrowser. Evidence: observed. */
function isShown({ name }: DatastoreEntry): boolean {
  return !/-(?:flat|delta|sesparse|ctk|rdmp?)\.vmdk$/.test(name)
}

function isWanted(entry: DatastoreEntry, { matchPattern, query, searchCaseInsensitive }: SearchSpec): boolean {
  const fold = (text: string) => (searchCaseInsensitive === false ? text : text.toLowerCase())
  const isNamed =
    matchPattern === undefined ||
    matchPattern.length === 0 ||
    matchPattern.some((pattern) => matchesGlob(fold(pattern), fold(entry.name)))
  const type = typeOf(entry)
  const isOfType =
    query === undefined ||
    query.length === 0 ||
    query.some(({ $type }) => $type === 'FileQuery' || $type === type.replace('Info', 'Query'))
  return isNamed && isOfType
}

const typesByKind: Readonly<Record<string, FileInfo['$type']>> = {
  config: 'VmConfigFileInfo',
  nvram: 'VmNvramFileInfo',
  snapshotData: 'VmSnapshotFileInfo',
  diskDescriptor: 'VmDiskFileInfo',
  log: 'VmLogFileInfo',
}

function typeOf({ kind, type, name }: DatastoreEntry): FileInfo['$type'] {
  if (kind === 'folder') return 'FolderFileInfo'
  return name.endsWith('.iso') ? 'IsoImageFileInfo' : (typesByKind[type] ?? 'FileInfo')
}

function fileInfo(entry: DatastoreEntry, details: SearchSpec['details']): FileInfo {
  return {
    $type: details?.fileType === false ? 'FileInfo' : typeOf(entry),
    path: entry.name,
    ...(details?.fileSize === true ? { fileSize: entry.kind === 'folder' ? 0 : entry.sizeBytes } : {}),
    ...(details?.modification === true ? { modification: new Date(entry.modifiedMs).toISOString() } : {}),
    ...(details?.fileOwner === true ? { owner: 'root' } : {}),
  } as FileInfo
}
