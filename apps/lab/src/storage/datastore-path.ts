import { fail } from '../errors.ts'

/** `[datastore1] vm/vm.vmdk`, taken apart. `path` is relative to the datastore, without slashes at its ends; empty for the root. */
export interface DatastorePath {
  readonly datastore: string
  readonly path: string
}

/** @throws `lab.bad-path` */
export function parseDatastorePath(text: string): DatastorePath {
  const [, datastore, path] = /^\s*\[([^\]]+)\]\s*(.*?)\s*$/s.exec(text) ?? []
  if (datastore === undefined || path === undefined) throw fail('lab.bad-path', { path: text })
  return { datastore, path: checkedPath(path) }
}

export function formatDatastorePath({ datastore, path }: DatastorePath): string {
  return path === '' ? `[${datastore}]` : `[${datastore}] ${path}`
}

/** A path without empty parts. @throws `lab.bad-path` if it climbs or holds a NUL: nothing here may leave its datastore */
export function checkedPath(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.')
  if (parts.includes('..') || path.includes('\0')) throw fail('lab.bad-path', { path })
  return parts.join('/')
}

export function folderOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : ''
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

export function joinPath(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`
}
