import { globSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ErrorTable, Remedy } from '../../packages/kit/src/errors.ts'
import { placeholders } from './placeholders.ts'

export interface DocumentedError {
  readonly code: string
  readonly remedy: Remedy
  /** The message with `‹name›` where a detail goes. */
  readonly message: string
}

/** Every error of every package, by code: whatever has a table and is exported by a package's `src/errors.ts`. */
export async function documentedErrors(root: string): Promise<DocumentedError[]> {
  const files = globSync('{packages,apps}/*/src/errors.ts', { cwd: root }).toSorted()
  const tables = (await Promise.all(files.map((file) => tablesOf(join(root, file))))).flat()
  const errors = tables.flatMap((table) =>
    Object.entries(table).map(([code, [remedy, describe]]) => ({
      code,
      remedy,
      message: messageOf(describe),
    })),
  )
  return errors.toSorted((a, b) => (a.code < b.code ? -1 : 1))
}

/** A detail that is reckoned with has no text left: it shows as ‹…›. */
const messageOf = (describe: ErrorTable[string][1]): string =>
  String(describe(placeholders() as never)).replaceAll('NaN', '‹…›')

async function tablesOf(path: string): Promise<ErrorTable[]> {
  const exported = Object.values((await import(pathToFileURL(path).href)) as Record<string, unknown>)
  return exported.flatMap((value) =>
    typeof value === 'function' && 'table' in value ? [value.table as ErrorTable] : [],
  )
}
