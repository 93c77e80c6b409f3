import type { Mapped } from '@vmkeep/restore'
import type { VmPoint } from '@vmkeep/run'
import type { Config } from '../config/schema.ts'
import { fail } from '../errors.ts'
import { givenOf } from './destination.ts'
import type { DestinationFlags } from './destination.ts'

/** What the saved rules of that name decide about a VM, without what flags have decided. @throws `cli.no-rules` */
export async function mappedBy(flags: DestinationFlags, { restore }: Config, point: VmPoint): Promise<Mapped[]> {
  if (flags.rules === undefined) return []
  const found = restore.rules.find(({ name }) => name === flags.rules)
  if (found === undefined)
    throw fail('cli.no-rules', { name: flags.rules, known: restore.rules.map(({ name }) => name) })
  const { mapPlace } = await import('@vmkeep/restore')
  return mapPlace(point, found.rules).filter((mapped) => !givenOf(flags, mapped))
}

/** `network VM Network -> DR net (rule 2 of dr)` */
export const describeMapped = ({ what, from, to, rule }: Mapped, rules: string): string =>
  `${words[what]} ${from === undefined ? '' : `${from} -> `}${to} (rule ${rule} of ${rules})`

const words: Readonly<Record<Mapped['what'], string>> = {
  folder: 'folder',
  resourcePool: 'resource pool',
  host: 'host',
  datastore: 'datastore',
  network: 'network',
  storagePolicy: 'storage policy',
  provisioning: 'provisioning',
}
