import type { VmPoint } from '@vmkeep/run'
import type { VmNetwork } from '@vmkeep/vsphere'
import type { Destination } from '../plan-restore.ts'

interface Found {
  readonly point: VmPoint
  readonly destination: Destination
  readonly originalLives: boolean
  /** The networks of the destination. */
  readonly networks: readonly VmNetwork[]
}

/**
 * Why a VM can't come back with its memory as it is wanted. What goes on is the very machine of that moment: nothing of its
 * configuration can be had otherwise. Every reason, or none. Pure.
 */
export function whyNotSuspended({ point, destination, originalLives, networks }: Found): string[] {
  const { disks, identity, connectNetworks, networkMap } = destination
  const saved = [...new Set(point.place.networks.map(({ name }) => name))]
  const missing = saved.filter((name) => !networks.some((network) => network.name === name))
  const mapped = saved.filter((name) => networkMap[name] !== undefined && networkMap[name] !== name)
  return [
    ...(point.memory.length === 0
      ? ['the restore point holds no memory (backup.memory was off, or its warnings say why)']
      : []),
    ...(disks.length > 0 ? ['its memory belongs to all of its disks, so none can be left out with --disk'] : []),
    ...(originalLives && identity !== 'keep'
      ? [
          'the original is still there, and the guest would go on beside it with the same name and addresses: remove the original from the inventory, or accept that with --identity keep',
        ]
      : []),
    ...(identity === 'new' ? ['it goes on with the addresses it had, so --identity new is not possible'] : []),
    ...(connectNetworks === 'no' ? ['its network cards go on as they were, so --connect no is not possible'] : []),
    ...(mapped.length > 0
      ? [`its network cards go on where they were, so no other network can take the place of ${mapped.join(', ')}`]
      : []),
    ...(missing.length > 0 ? [`the destination has no network named ${missing.join(', ')}`] : []),
  ]
}

interface Warning {
  readonly code: string
  readonly message: string
}

/** What is to be known of a guest that goes on. */
export const suspendedWarnings = (originalLives: boolean): Warning[] => [
  {
    code: 'memory-needs-its-cpu',
    message:
      'the guest goes on only on a host whose CPU offers what the old one did (the same EVC level); on another, vSphere refuses to power it on',
  },
  {
    code: 'memory-goes-on-later',
    message:
      'the guest goes on at the moment of the restore point: it finds its clock and its network connections of then, and what other machines have seen of it since is unknown to it',
  },
  ...(originalLives
    ? [
        {
          code: 'memory-beside-original',
          message:
            'the original VM is still there, and this one has its name, its addresses and its network cards connected as they were: do not let both run on one network',
        },
      ]
    : []),
]
