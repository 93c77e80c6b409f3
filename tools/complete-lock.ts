// `node tools/complete-lock.ts`, after `npm install` with a registry that does not hold every package for every platform.
//
// npm leaves an optional package that it cannot find out of package-lock.json, and then "npm ci" refuses the lock: "Missing: … from lock
// file" (npm 11.19, observed). What other platforms need is added here, by version and platform; it is never fetched on this one.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

interface LockedPackage {
  readonly version?: string
  readonly dev?: boolean
  readonly optional?: boolean
  readonly os?: readonly string[]
  readonly cpu?: readonly string[]
  readonly libc?: readonly string[]
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

export interface Lock {
  readonly packages: Readonly<Record<string, LockedPackage>>
}

/** Where the lock has no entry for an optional package, and what belongs there. */
export function missingOptional({ packages }: Lock): Record<string, LockedPackage> {
  const missing: Record<string, LockedPackage> = {}
  const known = { ...packages }
  for (const [parent, { optionalDependencies = {}, dev }] of Object.entries(packages))
    for (const [name, version] of Object.entries(optionalDependencies)) {
      const found = resolve(known, parent, name)
      // A range is whatever npm chose; the packages this is about are asked for by exact version.
      if (!/^\d+\.\d+\.\d+$/.test(version) || (found !== undefined && known[found]!.version === version)) continue
      const path = found === undefined ? `node_modules/${name}` : `${parent}/node_modules/${name}`
      known[path] = missing[path] = { version, ...platformOf(name), ...(dev === true ? { dev } : {}), optional: true }
    }
  return missing
}

/** Looks for a package as Node does, from where `parent` is outward. */
function resolve(packages: Lock['packages'], parent: string, name: string): string | undefined {
  for (let folder = parent; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const path = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`
    if (path in packages) return path
    if (folder === '') return undefined
  }
}

/** `@oxlint/binding-linux-x64-musl` is for Linux on x64 with musl: such packages are named by what they are for. */
function platformOf(name: string): Pick<LockedPackage, 'os' | 'cpu' | 'libc'> {
  const words = name.split(/[/-]/)
  const pick = (known: readonly string[]) => words.filter((word) => known.includes(word))
  const os = pick(['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32'])
  const cpu = pick(['arm', 'arm64', 'ia32', 'ppc64', 'riscv64', 's390x', 'x64'])
  if (os.length !== 1 || cpu.length !== 1) throw new Error(`cannot tell by its name for what ${name} is`)
  const libc = words.some((word) => word.startsWith('musl'))
    ? ['musl']
    : words.some((word) => word.startsWith('gnu'))
      ? ['glibc']
      : []
  return { os, cpu, ...(libc.length > 0 ? { libc } : {}) }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const path = join(import.meta.dirname, '..', 'package-lock.json')
  const lock = JSON.parse(await readFile(path, 'utf8')) as Lock
  const missing = missingOptional(lock)
  const packages = Object.entries({ ...lock.packages, ...missing }).toSorted(([a], [b]) => a.localeCompare(b, 'en'))
  await writeFile(path, `${JSON.stringify({ ...lock, packages: Object.fromEntries(packages) }, undefined, 2)}\n`)
  console.log(`${Object.keys(missing).length} packages of other platforms added`)
}
