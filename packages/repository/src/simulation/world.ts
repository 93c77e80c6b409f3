// What a schedule is about: a storage, who has put what into it, and what must therefore be there in the end.
import { collect, type Random } from '@vmkeep/kit'
import { assembled, type Opened } from '../assemble.ts'
import type { Environment, Repository } from '../repository.ts'
import { type RestorePoint } from '../restore-point.ts'
import { type MemoryStorage } from '../storage/memory-storage.ts'
import type { Replay } from './replay.ts'
import { ObjectStore } from '../storage/object-store.ts'
import type { Storage } from '../storage/storage.ts'
import { areasOf, memoryBytesMin } from '../workers/shared-memory.ts'

export const chunkBytes = 4096
export const chunksPerDisk = 3

/** All that a chunk may hold, by number; the first is zeroes. Few, so that many disks share them. */
export const palette: readonly Buffer[] = Array.from({ length: 8 }, (_, i) =>
  i === 0 ? Buffer.alloc(chunkBytes) : Buffer.alloc(chunkBytes, `content ${i} `),
)

/** What a disk holds: numbers of the palette. */
export type Content = readonly number[]

export interface World {
  readonly memory: MemoryStorage
  readonly random: Random
  /** What every session that may have committed wrote, by its id. */
  readonly contents: Map<string, Content>
  /** Sessions whose commit was confirmed. */
  readonly committed: Set<string>
  /** Points that somebody may have forgotten. */
  readonly forgotten: Set<string>
  /** Points that somebody inherits from, or reads: the ones worth forgetting. */
  readonly used: Set<string>
  /** Whether all clocks agree to the hour. */
  readonly honestClocks: boolean
  /** What was there before something was damaged, if something was. */
  readonly pristine?: MemoryStorage
}

/** A repository in a schedule. */
export interface Place {
  readonly world: World
  readonly known: KnownRepository
  /** As who has keys of maintenance only knows it. */
  readonly swept: KnownRepository
  readonly replay: Replay
}

/** A repository with its keys known: opening one costs nothing but its buffers. */
export type KnownRepository = Omit<Opened, 'objects'>

const buffers: ArrayBuffer[] = []

/**
 * One process's own view of a repository. `seat`: which of the buffers is its own. They outlive the schedule: to take fresh
 * ones each time costs more than all the rest.
 */
export function openKnown(
  known: KnownRepository,
  storage: Storage,
  {
    seat,
    ...environment
  }: Required<Pick<Environment, 'clock' | 'random' | 'every'>> & Pick<Environment, 'index'> & { readonly seat: number },
): Repository {
  const objects = new ObjectStore(storage, environment)
  const small = { workersMax: 0, packSizeBytes: 1024 * 1024, index: { memoryBytes: 128 * 1024, ...environment.index } }
  const memory = areasOf((buffers[seat] ??= new ArrayBuffer(memoryBytesMin)))
  return assembled({ ...known, objects }, { ...environment, ...small }, memory)
}

/** The points that are listed. @throws if one of them is damaged */
export async function pointsOf(repository: Repository): Promise<RestorePoint[]> {
  const points = await collect(repository.points())
  return points.map((point) => {
    if (point.damaged !== undefined) throw point.damaged
    return point
  })
}

/** Reads a disk chunk by chunk, and compares. @throws if it is not what was written */
export async function compare(
  repository: Repository,
  point: RestorePoint,
  content: Content | undefined,
): Promise<void> {
  await using disk = await repository.openImage(point.images[0]!.image)
  const bytes = new Uint8Array(disk.capacityBytes)
  await disk.read(0, bytes)
  const expected = Buffer.concat((content ?? []).map((number) => palette[number]!))
  if (!expected.equals(bytes)) throw new Error(`point ${point.id} holds other bytes than were written`)
}
