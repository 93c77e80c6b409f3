import { type Clock, systemClock } from '@vmkeep/kit'
import { findLibrary, mountLibraryOf, VddkProcess } from '@vmkeep/vddk'
import type { VddkSettings } from '../settings.ts'

export interface VddkTrial {
  readonly file: string
  /** `8.0.2` */
  readonly version: string
  /** What the library says it can do: `file:san:hotadd:nbdssl:nbd`. */
  readonly transports: string
  readonly hasMountLibrary: boolean
}

/** Loads and initialises the library in a process of its own, and ends it again. @throws `vddk.*` that says what is in the way */
export async function tryVddk({ library, configFile }: VddkSettings, clock: Clock = systemClock): Promise<VddkTrial> {
  const found = findLibrary(library)
  await using process = await VddkProcess.start({ library: found, configFile, clock })
  const { file, version } = found
  return { file, version, transports: process.transports, hasMountLibrary: mountLibraryOf(found) !== undefined }
}
