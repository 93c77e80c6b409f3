import { matchesGlob } from '@vmkeep/kit'
import type { VmPoint } from '@vmkeep/run'

/** What of a saved VM's place a rule looks at: globs, all of which must match. Paths are inventory paths. */
export interface RuleMatch {
  readonly vcenter?: string | undefined
  readonly datacenter?: string | undefined
  readonly cluster?: string | undefined
  readonly host?: string | undefined
  readonly datastore?: string | undefined
  readonly folder?: string | undefined
  readonly resourcePool?: string | undefined
  /** Tried on each network of the VM by itself. */
  readonly network?: string | undefined
  /** Tried on each storage policy of the VM and its disks by itself. */
  readonly storagePolicy?: string | undefined
}

export interface RuleTarget {
  readonly folder?: string | undefined
  readonly resourcePool?: string | undefined
  readonly host?: string | undefined
  readonly datastore?: string | undefined
  readonly network?: string | undefined
  readonly storagePolicy?: string | undefined
  readonly provisioning?: 'thin' | 'lazy' | 'eager' | undefined
}

export interface MappingRule {
  readonly match: RuleMatch
  readonly to: RuleTarget
}

/** One thing that a rule has decided. */
export interface Mapped {
  readonly what: keyof RuleTarget
  /** What the VM had; absent where it had nothing of the kind. */
  readonly from?: string | undefined
  readonly to: string
  /** Which of the rules, from 1 on. */
  readonly rule: number
}

/** What saved rules make of a VM's place. For each part the first rule that matches and says something of it decides. Pure. */
export function mapPlace({ place }: Pick<VmPoint, 'place'>, rules: readonly MappingRule[]): Mapped[] {
  const parts = (['folder', 'resourcePool', 'host', 'datastore', 'provisioning'] as const).flatMap((what): Mapped[] => {
    const index = rules.findIndex(({ match, to }) => to[what] !== undefined && fits(match, place, {}))
    return index < 0 ? [] : [{ what, from: savedPart(place, what), to: rules[index]!.to[what]!, rule: index + 1 }]
  })
  const each = (what: keyof One, names: readonly string[]) =>
    [...new Set(names)].flatMap((name): Mapped[] => {
      const index = rules.findIndex(({ match, to }) => to[what] !== undefined && fits(match, place, { [what]: name }))
      return index < 0 ? [] : [{ what, from: name, to: rules[index]!.to[what]!, rule: index + 1 }]
    })
  const networks = place.networks.map(({ name }) => name)
  const { home, disks = [] } = place.storagePolicies ?? {}
  const policies = [...(home === undefined ? [] : [home]), ...disks].map(({ name }) => name)
  return [...parts, ...each('network', networks), ...each('storagePolicy', policies)]
}

/** The one of several that a rule is tried on. */
type One = Partial<Record<'network' | 'storagePolicy', string>>

type Place = VmPoint['place']

/** A rule that names a network or a storage policy says nothing of the VM as a whole, nor of the other kind. */
function fits(match: RuleMatch, place: Place, { network, storagePolicy }: One): boolean {
  const saved = {
    vcenter: [place.endpoint],
    datacenter: [place.datacenter],
    cluster: [place.cluster],
    host: [place.host],
    datastore: place.datastores.slice(0, 1), // that of its own files comes first
    folder: [place.folder],
    resourcePool: [place.resourcePool],
    network: [network],
    storagePolicy: [storagePolicy],
  }
  return Object.entries(match).every(
    ([what, glob]: [string, string | undefined]) =>
      glob === undefined ||
      saved[what as keyof RuleMatch].some((value) => value !== undefined && matchesGlob(glob, value)),
  )
}

const savedPart = (place: Place, what: 'folder' | 'resourcePool' | 'host' | 'datastore' | 'provisioning') =>
  what === 'datastore' ? place.datastores[0] : what === 'provisioning' ? undefined : place[what]
