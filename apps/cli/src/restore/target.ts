import { kebab } from '../declare.ts'
import { type DestinationFlags, givenFlags } from './destination.ts'
import type { AttachFlags } from './attach.ts'
import type { InPlaceFlags } from './in-place-flags.ts'

type Chosen = DestinationFlags &
  InPlaceFlags &
  AttachFlags & {
    readonly toFiles?: string | undefined
    readonly toVsphere: boolean
    readonly dryRun: boolean
    readonly disk: readonly string[]
    readonly homeFile: readonly string[]
  }

/** What is wrong with the flags that say where to: one target, and only flags that mean something for it. */
export function whyNotTarget(chosen: Chosen): string | undefined {
  const { toFiles, toVsphere, inPlace, attachTo, dryRun, powerOff, compareAll, confirm } = chosen
  if ([toFiles !== undefined, toVsphere, inPlace, attachTo !== undefined].filter(Boolean).length !== 1)
    return 'say where to: --to-files FOLDER, --to-vsphere, --in-place or --attach-to VM, one of them'
  if (attachTo !== undefined && chosen.disk.length !== 1) return '--attach-to takes one disk: name it with --disk'
  const whyNot = whyNotHomeFile(chosen)
  if (whyNot !== undefined) return whyNot
  if (attachTo === undefined && chosen.as !== undefined) return '--as is for --attach-to'
  const overwrites = Object.entries({ powerOff, compareAll, confirm: confirm !== undefined })
  const ofOverwriting = overwrites.flatMap(([key, given]) => (given ? [key] : []))
  if (!inPlace && ofOverwriting.length > 0) return `${named(ofOverwriting)} is for --in-place`
  const ofNewVm = givenFlags(chosen).filter((key) => !(inPlace && key === 'powerOn'))
  if (chosen.storagePolicies === 'none' && chosen.storagePolicy.length > 0)
    return '--storage-policies none gives no storage policy, so --storage-policy has nothing to say'
  if (!toVsphere && ofNewVm.length > 0) return `${named(ofNewVm)} is for --to-vsphere`
  return toFiles !== undefined && dryRun ? '--dry-run is not for --to-files' : undefined
}

const named = (keys: readonly string[]): string => keys.map((key) => `--${kebab(key)}`).join(', ')

function whyNotHomeFile({
  homeFile,
  disk,
  toFiles,
  inPlace,
  dryRun,
  powerOff,
  compareAll,
}: Chosen): string | undefined {
  if (homeFile.length === 0) return undefined
  if (disk.length > 0) return '--home-file and --disk are not for the same restore'
  if (toFiles !== undefined) return undefined
  if (!inPlace || homeFile.some((file) => file !== 'nvram'))
    return '--home-file is for --to-files; only nvram can go into the VM itself, with --in-place'
  return dryRun || powerOff || compareAll ? 'with --home-file, --in-place takes --confirm only' : undefined
}
