import { AppError, codeOf, FormatError, hasCode } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import { idBytes } from '../formats/blob.ts'
import { fromHex } from '../formats/hex.ts'
import { everythingLost, frameLost, type LostCopy } from '../formats/lost-copies.ts'
import { packNameOf } from '../formats/object-names.ts'
import type { BlobLocation } from '../index/chunk-index.ts'
import type { Damage, DamageHit, DamageKind } from '../repository.ts'

/** Where a blob is said to lie that no pack of the index holds. */
export const nowhere = 'index/delta/'

/** What was found damaged, once each, with what it hits. */
export class DamageList {
  /** By id and object: of two copies of a blob, both may be damaged, or one. */
  readonly #byChunk = new Map<string, Found>()
  readonly #byObject = new Map<string, Found>()
  readonly #objects = new Set<string>()

  get isEmpty(): boolean {
    return this.#byChunk.size === 0 && this.#byObject.size === 0
  }

  /** A blob that cannot be had. `object` is the pack, if it is known. */
  addChunk(chunkId: string, object: string, error: unknown): void {
    const key = `${chunkId} ${object}`
    this.#objects.add(object)
    if (!this.#byChunk.has(key)) this.#byChunk.set(key, { ...describe(error), object, chunkId, hits: [], error })
  }

  /** An object that is damaged as such. `loses` says what in it cannot be had, by its place; nothing, if left out. */
  addObject(object: string, error: unknown, loses: (offsetBytes: number) => boolean = nothing): void {
    this.#objects.add(object)
    if (!this.#byObject.has(object)) this.#byObject.set(object, { ...describe(error), object, hits: [], error, loses })
  }

  /** An object that was meant to go is not damaged. */
  pardon(object: string): void {
    this.#byObject.delete(object)
    for (const [key, found] of this.#byChunk) if (found.object === object) this.#byChunk.delete(key)
  }

  /** What keeps a blob from being had where the index finds it, if anything does. */
  find(chunkId: string, location: BlobLocation | undefined): { hits: DamageHit[] } | undefined {
    const chunk = this.#byChunk.get(`${chunkId} ${location?.pack.key ?? nowhere}`)
    const object = location && this.#byObject.get(location.pack.key)
    return chunk ?? (object?.loses?.(location!.offsetBytes) === true ? object : undefined)
  }

  /** Whether anything of an object is damaged. */
  touches(object: string): boolean {
    return this.#objects.has(object)
  }

  object(key: string): { hits: DamageHit[] } | undefined {
    return this.#byObject.get(key)
  }

  /** What was read twice and is not what was written, by its place: nobody should rely on it again. */
  get lostCopies(): LostCopy[] {
    const chunks = [...this.#byChunk.values()].flatMap(({ error }) => copyNamedBy(error))
    const objects = [...this.#byObject.values()].flatMap(({ object, kind, loses }) => {
      const packName = packNameOf(object)
      if (packName === undefined || kind !== 'bad') return []
      return [{ packName, offsetBytes: loses === nothing ? frameLost : everythingLost, id: new Uint8Array(idBytes) }]
    })
    return [...chunks, ...objects]
  }

  toArray(): Damage[] {
    return [...this.#byObject.values(), ...this.#byChunk.values()].map(({ loses: _, error: __, ...damage }) => damage)
  }
}

type Found = Damage & { hits: DamageHit[]; error: unknown; loses?: (offsetBytes: number) => boolean }

/** For {@link DamageList.addObject}: nothing in it can be had. */
export const everything = (): boolean => true

/** For {@link DamageList.addObject}: everything in it can be had. */
export const nothing = (): boolean => false

function describe(error: unknown): { kind: DamageKind; code: string; message: string } {
  return { kind: kindOf(error), code: codeOf(error) ?? 'repository.object-corrupt', message: (error as Error).message }
}

function kindOf(error: unknown): DamageKind {
  if (hasCode(error, 'repository.pack-missing', 'repository.chunk-missing', 'storage.not-found')) return 'absent'
  return error instanceof AppError && error.remedy !== 'quarantine' ? 'unreadable' : 'bad'
}

/** The copy that a `repository.chunk-corrupt` is about: it has been read twice. */
function copyNamedBy(error: unknown): LostCopy[] {
  if (!(error instanceof AppError) || error.code !== 'repository.chunk-corrupt') return []
  const { id, pack, offsetBytes } = error.details as { id: string; pack: string; offsetBytes: number }
  const packName = packNameOf(pack)
  return packName === undefined ? [] : [{ packName, offsetBytes, id: fromHex(id, idBytes)! }]
}

/** What says something about us, and nothing about what was read. */
const notOfTheObject: ReadonlySet<string> = new Set([
  'repository.closed',
  'repository.domain-erased',
  'repository.needs-data-keys',
  'storage.gone',
])

/** Only what was read, or refused, says something about the object; a bug or an abort passes through. */
export function isDamage(error: unknown): boolean {
  if (error instanceof FormatError) return true
  const code = codeOf(error)
  return code !== undefined && !notOfTheObject.has(code) && /^(repository|storage)\./.test(code)
}

export const packCorrupt = (pack: string, error: FormatError): AppError =>
  fail('repository.pack-corrupt', { pack, reason: error.message }, error)
