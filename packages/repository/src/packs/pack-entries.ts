import { FormatError } from '@vmkeep/kit'
import type { Core } from '../core.ts'
import type { PackEntry } from '../formats/pack.ts'
import { packKey } from '../formats/object-names.ts'
import { readTrailer } from './read-trailer.ts'
import { scanPack } from './scan-pack.ts'

/** What lies in a pack: what it says, or, if its trailer is damaged, what can be seen. Nothing, if it is not there. */
export async function packEntries(core: Core, name: Uint8Array, signal?: AbortSignal): Promise<readonly PackEntry[]> {
  const { objects, repositoryId, roles } = core
  try {
    return (await readTrailer(objects, { repositoryId, name }, roles.index, signal)).entries
  } catch (error) {
    const sizeBytes = await objects.size(packKey(name), signal)
    if (sizeBytes === undefined) return [] // another collector was here
    if (!(error instanceof FormatError)) throw error
    return await scanPack(objects, packKey(name), sizeBytes, signal)
  }
}
