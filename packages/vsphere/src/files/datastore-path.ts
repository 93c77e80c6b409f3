/** A file as vSphere names it: `[datastore1] web-1/web-1.vmdk`. */
export interface DatastorePath {
  readonly datastore: string
  /** Inside the datastore, without a leading slash; empty for the datastore itself. */
  readonly path: string
}

/** Takes `[datastore] folder/file` apart, or gives `undefined` where that is not what the text is. */
export function parseDatastorePath(text: string): DatastorePath | undefined {
  // Names may hold a "]": the datastore ends at the last one that a space or the end follows before any slash.
  const match = /^\s*\[(?<datastore>[^/]*?)\](?:\s+(?<path>.*))?$/su.exec(text)
  if (match?.groups === undefined || match.groups['datastore'] === '') return undefined
  return { datastore: match.groups['datastore']!, path: (match.groups['path'] ?? '').replace(/^\/+/, '').trimEnd() }
}

export function formatDatastorePath({ datastore, path }: DatastorePath): string {
  return path === '' ? `[${datastore}]` : `[${datastore}] ${path}`
}

/** The folder a file lies in: `[ds] web-1/web-1.vmx` → `[ds] web-1`. */
export function datastoreFolderOf({ datastore, path }: DatastorePath): DatastorePath {
  return { datastore, path: path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '' }
}
