import type { Random } from '@vmkeep/kit'
import { blobHeaderBytes, blobType } from '../formats/blob.ts'
import type { MemoryStorage } from '../storage/memory-storage.ts'
import { idOf } from '../workers/seal-blob.ts'
import { happens } from './quick-random.ts'
import { type KnownRepository, palette } from './world.ts'

/** Where in a blob's header its id is: docs/formats/repository.md §5. */
const idAt = 20

/** Damages one copy of a blob, perhaps every one. Returns the keys of their packs. */
export function spoil(
  { objects }: MemoryStorage,
  known: KnownRepository,
  { random, blob }: { readonly random: Random; readonly blob: number },
): string[] {
  const id = idOf(known.ring.keys, blobType.chunk, palette[blob]!)
  const spoilt: string[] = []
  for (const [key, bytes] of objects) {
    const at = key.startsWith('packs/') ? Buffer.from(bytes).indexOf(id) : -1
    if (at === -1 || (spoilt.length > 0 && happens(random, 0.5))) continue
    const damaged = Uint8Array.from(bytes)
    damaged[at - idAt + blobHeaderBytes]! ^= 1
    objects.set(key, damaged)
    spoilt.push(key)
  }
  return spoilt
}
