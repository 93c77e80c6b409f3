import { AppError, codeOf, FormatError, hasCode } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import type { BlobLocation } from '../index/chunk-index.ts'
import type { Damage, DamageHit, DamageKind } from '../repository.ts'

/** What was found damaged, once each, with what it hits. */
export class DamageList {
  readonly #byChunk = new Map<string, Found>()
  readonly #byObject = new Map<string, Found>()

  get isEmpty(): boolean {
    return this.#byChunk.size === 0 && this.#byObject.size === 0
  }

  /** A blob that cannot be had. `object` is the pack, if it is known. */
  addChunk(chunkId: string, object: string, error: unknown): void {
    if (!this.#byChunk.has(chunkId)) this.#byChunk.set(chunkId, { ...describe(error), object, chunkId, hits: [] })
  }

  /** An object that is damaged as such. `loses` says what in it cannot be had, by its place; nothing, if left out. */
  addObject(object: string, error: unknown, loses: (offsetBytes: number) => boolean = () => false): void {
    if (!this.#byObject.has(object)) this.#byObject.set(object, { ...describe(error), object, hits: [], loses })
  }

  /** An object that was meant to go is not damaged. */
  pardon(object: string): void {
    this.#byObject.delete(object)
    for (const [id, found] of this.#byChunk) if (found.object === object) this.#byChunk.delete(id)
  }

  /** What keeps a blob from being had, if anything does. */
  find(chunkId: string, location: BlobLocation | undefined): { hits: DamageHit[] } | undefined {
    const object = location && this.#byObject.get(location.pack.key)
    return this.#byChunk.get(chunkId) ?? (object?.loses?.(location!.offsetBytes) === true ? object : undefined)
  }

  object(key: string): { hits: DamageHit[] } | undefined {
    return this.#byObject.get(key)
  }

  toArray(): Damage[] {
    return [...this.#byObject.values(), ...this.#byChunk.values()].map(({ loses: _, ...damage }) => damage)
  }
}

type Found = Damage & { hits: DamageHit[]; loses?: (offsetBytes: number) => boolean }

/** For {@link DamageList.addObject}: nothing in it can be had. */
export const everything = (): boolean => true

function describe(error: unknown): { kind: DamageKind; code: string; message: string } {
  return { kind: kindOf(error), code: codeOf(error) ?? 'repository.object-corrupt', message: (error as Error).message }
}

function kindOf(error: unknown): DamageKind {
  if (hasCode(error, 'repository.pack-missing', 'repository.chunk-missing', 'storage.not-found')) return 'absent'
  return error instanceof AppError && error.remedy !== 'quarantine' ? 'unreadable' : 'bad'
}

/** Only what was read, or refused, says something about the object; a bug or an abort passes through. */
export function isDamage(error: unknown): boolean {
  if (error instanceof FormatError) return true
  const code = codeOf(error)
  return (
    code !== undefined &&
    code !== 'repository.closed' &&
    /^(repository|storage)\./.test(code) &&
    code !== 'storage.gone'
  )
}

export const packCorrupt = (pack: string, error: FormatError): AppError =>
  fail('repository.pack-corrupt', { pack, reason: error.message }, error)
