import { FormatError } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import type { Session } from '../session/session.ts'
import { folderPath } from './folder-path.ts'

export interface FilePlace {
  /** The datacenter's inventory path as vSphere stores it (`Vm.datacenterPath`). Not needed on ESXi. */
  readonly datacenterPath?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/** The only datacenter of an ESXi host. Source: vSphere Web Services SDK, observed by users. Evidence: observed. */
const esxiDatacenter = 'ha-datacenter'

/** Where this server hands out a datastore's file. @throws `vsphere.file-name-invalid` */
export function requestPath(session: Session, file: string, datacenterPath = esxiDatacenter): string {
  try {
    return folderPath(file, session.isVCenter ? datacenterPath : esxiDatacenter)
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    throw fail('vsphere.file-name-invalid', { file }, error)
  }
}
