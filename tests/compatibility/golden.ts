import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Secret } from '@vmkeep/kit'
import { openFolderStorage, openRepository, type Repository } from '@vmkeep/repository'

/** What a golden repository must give back, for ever: `golden.json` beside it. */
export interface Golden {
  /** The vmkeep that wrote it. */
  readonly version: string
  /** Of this repository only: nothing is hidden in it. */
  readonly passphrase: string
  readonly recoveryCode: string
  readonly points: readonly GoldenPoint[]
}

export interface GoldenPoint {
  readonly id: string
  readonly createdAt: string
  readonly vm: string
  readonly disks: readonly { readonly address: string; readonly capacityBytes: number; readonly sha256: string }[]
  readonly blobs: Readonly<Record<string, { readonly id: string; readonly sha256: string }>>
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** The folders of all golden repositories, oldest version first. */
export async function goldenFolders(): Promise<string[]> {
  const entries = await readdir(import.meta.dirname, { withFileTypes: true })
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  return names.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }))
}

export async function openGolden(folder: string, key: string): Promise<Repository> {
  const storage = await openFolderStorage(join(folder, 'repository'))
  return openRepository(storage, { key: new Secret(key), workersMax: 0 })
}
