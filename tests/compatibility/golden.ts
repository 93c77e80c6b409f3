import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Secret } from '@vmkeep/kit'
import { openFolderStorage, openRepository, type Repository, type Storage } from '@vmkeep/repository'
import { LockingMemoryStorage } from '@vmkeep/repository/testing'

/** What a golden repository must give back, for ever: `golden.json` beside it. */
export interface Golden {
  /** The vmkeep that wrote it. */
  readonly version: string
  /** Of this repository only: nothing is hidden in it. */
  readonly passphrase: string
  readonly recoveryCode: string
  /** Everything that stands and can be read. */
  readonly points: readonly GoldenPoint[]
  /** More that opens it. */
  readonly keys?: readonly GoldenKey[]
  /** Ids of points that stand, and whose keys were destroyed. */
  readonly erased?: readonly string[]
  /** Ids of points that can be taken back. */
  readonly forgotten?: readonly string[]
  readonly protected?: readonly string[]
  /** Of the last point, in a repository that locks what it stores. */
  readonly lockedUntil?: string
}

export interface GoldenKey {
  readonly key: string
  readonly maintenance: boolean
}

export interface GoldenPoint {
  readonly id: string
  readonly createdAt: string
  readonly vm: string
  readonly disks: readonly { readonly address: string; readonly capacityBytes: number; readonly sha256: string }[]
  readonly blobs: Readonly<Record<string, { readonly id: string; readonly sha256: string }>>
  /** The point that it is a copy of. */
  readonly origin?: string
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** The folders of all golden repositories, oldest version first. */
export async function goldenFolders(): Promise<string[]> {
  const entries = await readdir(import.meta.dirname, { withFileTypes: true })
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  return names.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }))
}

export const readGolden = async (folder: string): Promise<Golden> =>
  JSON.parse(await readFile(join(folder, 'golden.json'), 'utf8')) as Golden

/** The storage of a golden repository: its folder, or what is in it where locks are that no folder has here. */
export async function goldenStorage(folder: string, { lockedUntil }: Golden): Promise<Storage> {
  const path = join(folder, 'repository')
  if (lockedUntil === undefined) return await openFolderStorage(path)
  const storage = new LockingMemoryStorage()
  for (const [key, bytes] of await filesUnder(path)) storage.objects.set(key, bytes)
  return storage
}

export const openGolden = (storage: Storage, key: string): Promise<Repository> =>
  openRepository(storage, { key: new Secret(key), workersMax: 0 })

/** Every object of a repository's folder. */
export async function filesUnder(path: string): Promise<Map<string, Uint8Array>> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  const keys = files.map(({ parentPath, name }) => join(parentPath, name).slice(path.length + 1))
  return new Map(await Promise.all(keys.toSorted().map(async (key) => [key, await readFile(join(path, key))] as const)))
}
