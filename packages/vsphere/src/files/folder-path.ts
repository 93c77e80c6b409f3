import { FormatError } from '@vmkeep/kit'
import { parseDatastorePath } from './datastore-path.ts'

/**
 * The path and query under which a server hands out a datastore's file: `/folder/web/web.vmx?dcPath=DC&dsName=fast`.
 *
 * `datacenterPath` is the datacenter's whole inventory path, as vSphere stores its names; with only its last name a
 * datacenter inside a folder is not found. ESXi calls its own `ha-datacenter`.
 * Source: vSphere Web Services SDK programming guide, "HTTP access to vSphere server files". Evidence: documented; the whole
 * path: observed by others in public bug reports.
 *
 * @throws FormatError if `file` is not of the form `[datastore] folder/file`
 */
export function folderPath(file: string, datacenterPath: string): string {
  const parsed = parseDatastorePath(file)
  if (parsed === undefined || parsed.path === '') throw new FormatError(`"${file}" does not name a file on a datastore`)
  const segments = parsed.path.split('/').map(encodeURIComponent).join('/')
  const datacenter = encodeURIComponent(datacenterPath.replace(/^\/+/, ''))
  return `/folder/${segments}?dcPath=${datacenter}&dsName=${encodeURIComponent(parsed.datastore)}`
}
