import { lstat, mkdir } from 'node:fs/promises'
import { basename } from 'node:path'
import { findPartialFiles, type PartialFile, removeDeadPartialFiles } from '@vmkeep/disk'
import { fail } from '../errors.ts'
import type { RestoreReport } from '../report.ts'
import { mapTargetErrors } from './target-error.ts'
import type { TargetFiles } from './target-files.ts'

/**
 * Makes the folder, removes what killed restores have left half-written in it, and refuses it if anything is in the way.
 * Returns what could not be told to be dead, as warnings.
 *
 * @throws `restore.target-busy`, `restore.target-exists`, `restore.target-unusable`
 */
export async function prepareFolder(folder: string, files: TargetFiles): Promise<RestoreReport['warnings']> {
  return mapTargetErrors(folder, async () => {
    await mkdir(folder, { recursive: true })
    const left = await removeDeadPartialFiles(folder)
    await requireNoOther(folder, files.report)
    await requireFree(folder, files)
    const unknown = left.filter(({ state }) => state === 'unknown')
    return unknown.length === 0 ? [] : [leftoverWarning(folder, unknown)]
  })
}

/** A restore holds its report open, under a partial name, from its first byte to its last. */
async function requireNoOther(folder: string, report: string): Promise<void> {
  const others = await findPartialFiles(folder, basename(report))
  const alive = others.find(({ state }) => state === 'alive')
  if (alive !== undefined) throw fail('restore.target-busy', { folder, pid: alive.pid })
}

async function requireFree(folder: string, { all, report, isWhole }: TargetFiles): Promise<void> {
  const there: string[] = []
  for (const path of all) if (await exists(path)) there.push(path)
  if (there.length === 0) return
  const name = basename(report)
  const fact = !isWhole
    ? 'perhaps of an earlier restore'
    : there.includes(report)
      ? `of the restore that ${name} tells of`
      : `but no ${name}, which ends every restore: they are of one that was not finished, or not of a restore`
  throw fail('restore.target-exists', { folder, names: namesOf(there), fact })
}

function leftoverWarning(folder: string, left: readonly PartialFile[]): RestoreReport['warnings'][number] {
  const names = namesOf(left.map(({ path }) => path))
  const why = "written before this machine's last start, on another machine or in another container"
  const next = 'if no restore runs there any more, remove what ends in .partial'
  return { code: 'partial-files-left', message: `${folder} holds ${names}, not finished, ${why}; ${next}` }
}

const namesMax = 3

/** `a, b, c and 4 more` */
function namesOf(paths: readonly string[]): string {
  const names = paths.slice(0, namesMax).map((path) => basename(path))
  const more = paths.length - names.length
  return names.join(', ') + (more === 0 ? '' : ` and ${more} more`)
}

const exists = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false
      throw error
    },
  )
