import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { userCacheFolder } from '@vmkeep/kit'

// A judge is a program we did not write that checks what we wrote. `tools/install-judges.ts` brings them in.

/** Where judges live that no package manager put on PATH: `bin/` holds programs, `venv/` a Python with modules. */
export const judgesFolder = (): string => process.env['VMKEEP_JUDGES_DIR'] || userCacheFolder('judges')

/**
 * The path of a judge, or `undefined` if it is not here.
 *
 * `name` is a program (`qemu-img`), `python:<module>` for a Python that can import the module (`python:pyVmomi`), or `data:<folder>` for
 * files that others made (`data:vmfs-images`).
 */
export function findJudge(name: string): string | undefined {
  const [kind, module] = name.split(':')
  if (kind === 'python' && module !== undefined) return pythons().find((python) => canImport(python, module))
  if (kind === 'data' && module !== undefined) return findData(module)
  return findProgram(name)
}

function findData(name: string): string | undefined {
  const folder = join(judgesFolder(), 'data', name)
  return existsSync(folder) ? folder : undefined
}

function findProgram(name: string): string | undefined {
  const onPath = (process.env['PATH'] ?? '').split(delimiter)
  const folders = [join(judgesFolder(), 'bin'), ...onPath, '/usr/sbin', '/usr/lib/openssh']
  return folders.map((folder) => join(folder, name)).find(isProgram)
}

/** Debian's modules are for Debian's own Python, whatever another `python3` earlier on PATH may be. */
function pythons(): string[] {
  const candidates = [join(judgesFolder(), 'venv', 'bin', 'python'), '/usr/bin/python3', findProgram('python3')]
  return candidates.filter((path) => path !== undefined).filter(isProgram)
}

const canImport = (python: string, module: string): boolean =>
  spawnSync(python, ['-c', 'import importlib, sys; importlib.import_module(sys.argv[1])', module]).status === 0

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
