import type { Destination } from '@vmkeep/restore'
import { choice, flag, option, options, pair, text, type Values } from '../parameters.ts'

/** Flags that say where a restored VM goes. What is left out is taken from the original's place. */
export const destinationFlags = {
  name: option(text('NAME'), { help: "the new VM's name (default: the original's, with the date if that lives)" }),
  folder: option(text('PATH'), { help: "the new VM's folder (default: the original's)" }),
  resourcePool: option(text('PATH'), { help: "the new VM's resource pool (default: the original's)" }),
  host: option(text('HOST'), { help: "the ESXi host to put it on (default: the original's)" }),
  datastore: option(text('DATASTORE'), { help: "where its disks go (default: the original's)" }),
  network: options(pair('OLD=NEW'), { help: 'which network takes the place of one it had' }),
  identity: option(choice(['auto', 'keep', 'new']), {
    fallback: 'auto',
    help: 'MAC addresses and BIOS uuid: auto keeps them unless another VM has them',
  }),
  connect: option(choice(['auto', 'yes', 'no']), {
    fallback: 'auto',
    help: 'connect its network cards at power-on: auto only if the original is gone',
  }),
  powerOn: flag({ help: 'switch the new VM on' }),
}

export type DestinationFlags = Values<typeof destinationFlags>

export function destinationOf(flags: DestinationFlags, disks: readonly string[]): Destination {
  const { name, folder, resourcePool, host, datastore, network, identity, connect } = flags
  const places = { name, folder, resourcePool, host, datastore }
  const given = Object.entries(places).filter(([, value]) => value !== undefined)
  return {
    ...(Object.fromEntries(given) as { [K in keyof typeof places]?: string }),
    networkMap: Object.fromEntries(network),
    identity,
    connectNetworks: connect,
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
