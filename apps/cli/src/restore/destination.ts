import type { Destination, Mapped } from '@vmkeep/restore'
import { choice, flag, option, options, pair, text, type Values } from '../parameters.ts'

/** Flags that say where a restored VM goes. What is left out is taken from the original's place. */
export const destinationFlags = {
  name: option(text('NAME'), { help: "the new VM's name (default: the original's, with the date if that lives)" }),
  folder: option(text('PATH'), { help: "the new VM's folder (default: the original's)" }),
  resourcePool: option(text('PATH'), { help: "the new VM's resource pool (default: the original's)" }),
  host: option(text('HOST'), { help: "the ESXi host to put it on (default: the original's)" }),
  datastore: option(text('DATASTORE'), { help: "where its disks go (default: the original's)" }),
  network: options(pair('OLD=NEW'), { help: 'which network takes the place of one it had' }),
  storagePolicy: options(pair('OLD=NEW'), { help: 'which storage policy takes the place of one it or a disk had' }),
  storagePolicies: option(choice(['auto', 'all', 'none']), {
    fallback: 'auto',
    help: "storage policies: auto gives it those it had where they are there, all refuses where one is not, none leaves it the datastores' defaults",
  }),
  rules: option(text('NAME'), {
    help: 'saved rules (restore.rules in the config) that say where it goes; what flags say goes before them',
  }),
  provisioning: option(choice(['thin', 'lazy', 'eager']), { help: 'how its disks are made (default: as they were)' }),
  identity: option(choice(['auto', 'keep', 'new']), {
    fallback: 'auto',
    help: 'MAC addresses and BIOS uuid: auto keeps them unless another VM has them',
  }),
  connect: option(choice(['auto', 'yes', 'no']), {
    fallback: 'auto',
    help: 'connect its network cards at power-on: auto only if the original is gone',
  }),
  memory: flag({
    help: 'make it suspended, with its memory, as it was at the point, where that was kept; with --power-on it goes on from there',
  }),
  powerOn: flag({ help: 'switch the new VM on' }),
}

export type DestinationFlags = Values<typeof destinationFlags>

/** @param mapped what rules have decided: flags go before them */
export function destinationOf(
  flags: DestinationFlags,
  disks: readonly string[],
  mapped: readonly Mapped[] = [],
): Destination {
  const { name, folder, resourcePool, host, datastore, provisioning, network, identity, connect } = flags
  const ruled = (what: Mapped['what']) => mapped.find((one) => one.what === what)?.to
  const pairs = (kind: Mapped['what']) =>
    mapped.flatMap(({ what, from, to }) => (what === kind ? [[from ?? '', to] as const] : []))
  const places = {
    name,
    folder: folder ?? ruled('folder'),
    resourcePool: resourcePool ?? ruled('resourcePool'),
    host: host ?? ruled('host'),
    datastore: datastore ?? ruled('datastore'),
    provisioning: provisioning ?? (ruled('provisioning') as typeof provisioning),
  }
  const given = Object.entries(places).filter(([, value]) => value !== undefined)
  return {
    ...(Object.fromEntries(given) as { [K in keyof typeof places]?: NonNullable<(typeof places)[K]> }),
    networkMap: Object.fromEntries([...pairs('network'), ...network]),
    storagePolicyMap: Object.fromEntries([...pairs('storagePolicy'), ...flags.storagePolicy]),
    storagePolicies: flags.storagePolicies,
    identity,
    connectNetworks: connect,
    ...(flags.memory && { memory: true }),
    disks,
  }
}

/** The names of flags that were given and mean something for a new VM only. */
export function givenFlags(flags: DestinationFlags): string[] {
  return Object.entries(destinationFlags).flatMap(([key, { fallback, takes }]) => {
    const value: unknown = flags[key as keyof DestinationFlags]
    return takes === 'many' ? ((value as unknown[]).length > 0 ? [key] : []) : value === fallback ? [] : [key]
  })
}

/** Whether a flag has decided what a rule would. */
export function givenOf(flags: DestinationFlags, { what, from }: Mapped): boolean {
  if (what === 'network') return flags.network.some(([old]) => old === from)
  if (what !== 'storagePolicy') return flags[what] !== undefined
  return flags.storagePolicies === 'none' || flags.storagePolicy.some(([old]) => old === from)
}
