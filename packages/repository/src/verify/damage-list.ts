import { AppError, codeOf, FormatError, hasCode } from '@vmkeep/kit'
import { fail } from '../errors.ts'
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

  /** An object that is damaged as such. With `everythingInIt`, nothing in it can be had. */
  addObject(object: string, error: unknown, { everythingInIt }: { everythingInIt: boolean }): void {
    if (!this.#byObject.has(object))
      this.#byObject.set(object, { ...describe(error), object, hits: [], everythingInIt })
  }

  /** What keeps a blob in `pack` from being had, if anything does. */
  find(chunkId: string, pack: string | undefined): { hits: DamageHit[] } | undefined {
    const chunk = this.#byChunk.get(chunkId)
    if (chunk !== undefined || pack === undefined) return chunk
    const object = this.#byObject.get(pack)
    return object?.everythingInIt === true ? object : undefined
  }

  object(key: string): { hits: DamageHit[] } | undefined {
    return this.#byObject.get(key)
  }

  toArray(): Damage[] {
    return [...this.#byObject.values(), ...this.#byChunk.values()].map(({ everythingInIt: _, ...damage }) => damage)
  }
}

type Found = Damage & { hits: DamageHit[]; everythingInIt?: boolean }

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
