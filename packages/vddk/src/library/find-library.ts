import { closeSync, openSync, readdirSync, readSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { messageOf } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import { elfHeaderBytes, whyNotForMachine } from './elf-header.ts'

/** A VDDK that was unpacked on this machine. */
export interface VddkLibrary {
  /** libvixDiskLib itself. */
  readonly file: string
  /** `…/lib64`, where everything it needs lies beside it. */
  readonly libraryFolder: string
  /** What the library is told as its own folder: the one that holds `lib64` and `bin64`. */
  readonly rootFolder: string
  readonly majorVersion: number
  /** `8.0.2`, as far as its file's name tells. */
  readonly version: string
}

const majorVersions = [9, 8, 7]

/**
 * Finds libvixDiskLib: `path` is the folder that VDDK's archive unpacks to, its `lib64`, or the library. Looks at files only.
 *
 * Source: the archive's layout and the library's so-names as admins tell them (vadp.md §5.6). Evidence: observed by others.
 *
 * @throws `vddk.library-missing`, `vddk.library-unfit`
 */
export function findLibrary(path: string, architecture: string = process.arch): VddkLibrary {
  const { file, libraryFolder } = placeOf(path)
  const real = realPathOf(file)
  const version = /\.so\.(\d+(?:\.\d+)*)$/.exec(real)?.[1] ?? /\.so\.(\d+(?:\.\d+)*)$/.exec(file)?.[1]
  if (version === undefined)
    throw fail('vddk.library-unfit', { file, why: 'its name does not tell its version (.so.8)' })
  const majorVersion = Number.parseInt(version)
  if (!majorVersions.includes(majorVersion))
    throw fail('vddk.library-unfit', { file, why: `it is version ${version}, and 7, 8 and 9 are known` })
  const why = whyNotForMachine(firstBytes(file), architecture)
  if (why !== undefined) throw fail('vddk.library-unfit', { file, why })
  return { file, libraryFolder, rootFolder: dirname(libraryFolder), majorVersion, version }
}

function placeOf(path: string): { file: string; libraryFolder: string } {
  try {
    if (!statSync(path).isDirectory()) return { file: path, libraryFolder: dirname(path) }
    for (const libraryFolder of [join(path, 'lib64'), path]) {
      const name = bestOf(namesIn(libraryFolder))
      if (name !== undefined) return { file: join(libraryFolder, name), libraryFolder }
    }
  } catch (error) {
    throw fail('vddk.library-missing', { path, why: messageOf(error) }, error)
  }
  throw fail('vddk.library-missing', { path, why: 'neither it nor its lib64 holds a libvixDiskLib.so.8 or the like' })
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return [] // there need be no lib64
  }
}

/** The newest of those known, by its short name where there is one: `libvixDiskLib.so.8` before `libvixDiskLib.so.8.0.2`. */
function bestOf(names: readonly string[]): string | undefined {
  const libraries = names.filter((name) => /^libvixDiskLib\.so(\.\d+)*$/.test(name))
  const ofKnown = majorVersions.flatMap((major) =>
    libraries.filter((name) => name.split('.')[2] === String(major)).toSorted((a, b) => a.length - b.length),
  )
  return ofKnown[0] ?? libraries.toSorted((a, b) => b.length - a.length)[0]
}

function realPathOf(file: string): string {
  try {
    return realpathSync(file)
  } catch (error) {
    throw fail('vddk.library-unfit', { file, why: messageOf(error) }, error)
  }
}

function firstBytes(file: string): Uint8Array {
  const bytes = new Uint8Array(elfHeaderBytes)
  try {
    const descriptor = openSync(file, 'r')
    try {
      return bytes.subarray(0, readSync(descriptor, bytes))
    } finally {
      closeSync(descriptor)
    }
  } catch (error) {
    throw fail('vddk.library-unfit', { file, why: messageOf(error) }, error)
  }
}

/** libvixMntapi of the same version, where it is installed. */
export function mountLibraryOf({ libraryFolder, majorVersion }: VddkLibrary): string | undefined {
  const name = namesIn(libraryFolder).find((one) => basename(one) === `libvixMntapi.so.${majorVersion}`)
  return name === undefined ? undefined : join(libraryFolder, name)
}
