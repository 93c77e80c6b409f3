import { type PrivilegeSet, privilegeSets } from '@vmkeep/vsphere'
import type { Config } from '../config/schema.ts'

/** What a role is for, in the words of `--for`. */
export const purposes = [
  'backup',
  'nvram',
  'restore',
  'attach',
  'hotAdd',
  'lease',
  'vddk',
  'encryption',
  'storagePolicies',
  'guestScripts',
  'guestOutput',
  'memory',
] as const satisfies readonly PrivilegeSet[]
export type Purpose = (typeof purposes)[number]

/** What this config does: backups and restores, and what its transports need besides. */
export function purposesOf({ backup, policies }: Pick<Config, 'backup' | 'policies'>): Purpose[] {
  const transports: readonly string[] = backup.transports
  const holdsVms = backup.vddk?.holdVm === true
  const more = purposes.filter(
    (purpose) => transports.includes(purpose.toLowerCase()) && (purpose !== 'vddk' || holdsVms),
  )
  const inGuests = [backup, ...policies].flatMap(({ guestScripts }) => guestScripts ?? [])
  return [
    ...(['backup', 'nvram', 'restore', 'storagePolicies'] as const),
    ...more,
    ...(inGuests.length > 0 ? (['guestScripts'] as const) : []),
    ...([backup, ...policies].some(({ memory = 'off' }) => memory !== 'off') ? (['memory'] as const) : []),
    ...(inGuests.some(({ output }) => output !== 'never') ? (['guestOutput'] as const) : []),
  ]
}

export const privilegesFor = (wanted: readonly Purpose[]): string[] => [
  ...new Set(wanted.flatMap((purpose) => privilegeSets[purpose])),
]
