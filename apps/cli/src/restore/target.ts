import { kebab } from '../declare.ts'
import { type DestinationFlags, givenFlags } from './destination.ts'
import type { InPlaceFlags } from './in-place-flags.ts'

type Chosen = DestinationFlags &
  InPlaceFlags & { readonly toFiles?: string | undefined; readonly toVsphere: boolean; readonly dryRun: boolean }

/** What is wrong with the flags that say where to: one target, and only flags that mean something for it. */
export function whyNotTarget(chosen: Chosen): string | undefined {
  const { toFiles, toVsphere, inPlace, dryRun, powerOff, compareAll, confirm } = chosen
  if ([toFiles !== undefined, toVsphere, inPlace].filter(Boolean).length !== 1)
    return 'say where to: --to-files FOLDER, --to-vsphere or --in-place, one of them'
  const overwrites = Object.entries({ powerOff, compareAll, confirm: confirm !== undefined })
  const ofOverwriting = overwrites.flatMap(([key, given]) => (given ? [key] : []))
  if (!inPlace && ofOverwriting.length > 0) return `${named(ofOverwriting)} is for --in-place`
  const ofNewVm = givenFlags(chosen).filter((key) => !(inPlace && key === 'powerOn'))
  if (!toVsphere && ofNewVm.length > 0) return `${named(ofNewVm)} is for --to-vsphere`
  return toFiles !== undefined && dryRun ? '--dry-run is for --to-vsphere and --in-place' : undefined
}

const named = (keys: readonly string[]): string => keys.map((key) => `--${kebab(key)}`).join(', ')
