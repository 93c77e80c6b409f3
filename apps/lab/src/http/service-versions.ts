import { apiVersion, priorApiVersions } from '../inventory/product.ts'

/** What a client may speak, newest first. Source: /sdk/vimServiceVersions.xml of a vCenter. Evidence: observed. */
export const vimServiceVersions: string = versions('urn:vim25', apiVersion, priorApiVersions)

/** Source: nfc-wire.md §1. Evidence: observed. */
export const nfcServiceVersions: string = versions('urn:nfc', '7.0.3.2', [])

function versions(namespace: string, version: string, prior: readonly string[]): string {
  const older = prior.map((one) => `<version>${one}</version>`).join('')
  return (
    '<?xml version="1.0" encoding="UTF-8" ?>\n<namespaces version="1.0"><namespace>' +
    `<name>${namespace}</name><version>${version}</version>` +
    (older === '' ? '' : `<priorVersions>${older}</priorVersions>`) +
    '</namespace></namespaces>\n'
  )
}
