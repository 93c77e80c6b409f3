import { AppError, hasCode } from '@vmkeep/kit'
import type { Core } from '../core.ts'
import { nonceBytes } from '../formats/aead.ts'
import { blobType } from '../formats/blob.ts'
import { defaultDomain } from '../formats/key-ring.ts'
import { sameBytes } from '../formats/hex.ts'
import type { BlobReader } from '../packs/blob-reader.ts'
import type { Repository } from '../repository.ts'
import type { RestorePoint } from '../restore-point.ts'
import { idOf, sealBlob } from '../workers/seal-blob.ts'
import type { LostBlob } from './find-lost.ts'

/** Where a lost blob may be had from: sealed as it belongs, or `undefined` if not from here. */
export type RepairSource = (lost: LostBlob, signal?: AbortSignal) => Promise<Uint8Array | undefined>

/** The copies this repository has, tried once more: what was unreadable may have come back, and of a pack not everything may be lost. */
export const sameRepository =
  (reader: BlobReader): RepairSource =>
  ({ id }, signal) =>
    orNothing(() => reader.readSealed(id, signal))

/** Another repository. A twin has the very blob; any other may have a point of the same subject with the same bytes in the same place. */
export function otherRepository(
  core: Core,
  other: { readonly repository: Repository; readonly reader: BlobReader; readonly isTwin: boolean },
): RepairSource {
  if (other.isTwin) return sameRepository(other.reader)
  const points = new SubjectPoints(other.repository)
  return async (lost, signal) => {
    if (lost.point.erasedAt !== undefined) return undefined // nobody could read it
    for (const point of await points.near(lost.point, signal)) {
      const plain = await orNothing(() => sameContent(other.repository, point, lost, signal))
      if (plain !== undefined && sameBytes(idOf(core.ring.keys, lost.type, plain, lost.point.domain), lost.id))
        return sealed(core, lost, plain)
    }
    return undefined
  }
}

function sealed(
  { ring, random }: Core,
  { id, type, point: { domain = defaultDomain } }: LostBlob,
  plain: Uint8Array,
): Uint8Array {
  const nonce = random.bytes(nonceBytes)
  const { header, ciphertext, tag } = sealBlob(ring.keys, { type, id, plain, domain, level: 1, nonce })
  return Buffer.concat([header, ciphertext, tag])
}

/** What lies where the lost blob lay, in a point of another repository. Its map means nothing here: it has ids of its own. */
async function sameContent(
  repository: Repository,
  point: RestorePoint,
  { place, type }: LostBlob,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  if (place.kind === 'file') {
    const blob = point.blobs[place.name]
    return blob === undefined ? undefined : await repository.readBlob(blob, signal)
  }
  const found = point.images.find(({ key }) => key === place.key)?.image
  const { offsetBytes, lengthBytes } = place.extent
  if (type !== blobType.chunk || found === undefined || offsetBytes + lengthBytes > found.capacityBytes)
    return undefined
  await using disk = await repository.openImage(found, signal)
  const chunk = new Uint8Array(place.image.chunkSizeBytes)
  await disk.read(offsetBytes, chunk.subarray(0, lengthBytes), signal)
  return chunk
}

/** Points of a subject, those made nearest to a moment first. */
class SubjectPoints {
  readonly #repository: Repository
  #all: RestorePoint[] | undefined

  constructor(repository: Repository) {
    this.#repository = repository
  }

  async near({ subject, createdAt }: RestorePoint, signal: AbortSignal | undefined): Promise<RestorePoint[]> {
    this.#all ??= await this.#read(signal)
    const at = Date.parse(createdAt)
    const distance = (point: RestorePoint) => Math.abs(Date.parse(point.createdAt) - at)
    const same = this.#all.filter(({ subject: { id } }) => id === subject.id)
    return same.toSorted((a, b) => distance(a) - distance(b)).slice(0, pointsTriedMax)
  }

  async #read(signal: AbortSignal | undefined): Promise<RestorePoint[]> {
    const points: RestorePoint[] = []
    for await (const point of this.#repository.points(signal)) if (point.damaged === undefined) points.push(point)
    return points
  }
}

const pointsTriedMax = 8

/** What is lost there as well is no help; what fails now may help later. */
async function orNothing<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    const isAbsent = error instanceof AppError && error.remedy === 'quarantine'
    if (isAbsent || hasCode(error, 'storage.not-found')) return undefined
    throw error
  }
}
