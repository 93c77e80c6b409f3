import { fail } from '../errors.ts'
import { idBytes } from '../formats/blob.ts'
import { fromHex } from '../formats/hex.ts'
import { heightOf, whyNotCapacity, whyNotChunkSize } from '../formats/map-geometry.ts'
import type { MapBase } from '../map/map-writer.ts'
import type { BeginImageOptions } from '../repository.ts'
import type { PointImage, StoredImage } from '../restore-point.ts'

export interface ImagePlan {
  readonly capacityBytes: number
  readonly chunkSizeBytes: number
  readonly base: MapBase | undefined
  /** Whether the image ends inside a chunk of a larger base. */
  readonly inheritedTail: boolean
}

/** What a new image begins with. @throws `repository.invalid-option` */
export function imagePlan(
  { capacityBytes, base: from, unwritten, ...options }: BeginImageOptions,
  chunkBytesDefault: number,
): ImagePlan {
  const base = from?.image
  const chunkSizeBytes = options.chunkSizeBytes ?? base?.chunkSizeBytes ?? chunkBytesDefault
  refuse('capacityBytes', whyNotCapacity(capacityBytes))
  refuse('chunkSizeBytes', whyNotChunkSize(chunkSizeBytes))
  if (base === undefined || unwritten === 'zero')
    return { capacityBytes, chunkSizeBytes, base: undefined, inheritedTail: false }
  if (base.chunkSizeBytes !== chunkSizeBytes)
    refuse('base', `it has chunks of ${base.chunkSizeBytes} bytes, not ${chunkSizeBytes}: read the whole disk anew`)
  const inheritedTail = base.capacityBytes > capacityBytes && capacityBytes % chunkSizeBytes !== 0
  return { capacityBytes, chunkSizeBytes, base: { ...rootOf(base), capacityBytes: base.capacityBytes }, inheritedTail }
}

/** Of the images of a point that of the same disk, if their maps can be compared. */
export const sameDisk = (images: readonly PointImage[], { key, image }: PointImage): StoredImage | undefined =>
  images.find((other) => other.key === key && other.image.chunkSizeBytes === image.chunkSizeBytes)?.image

/** The root of a stored image as bytes. @throws `repository.invalid-option` if the image contradicts itself */
export function rootOf({ capacityBytes, chunkSizeBytes, root, height }: StoredImage): {
  root: Uint8Array | null
  height: number
} {
  refuse('image', whyNotCapacity(capacityBytes) ?? whyNotChunkSize(chunkSizeBytes))
  if (height !== heightOf(capacityBytes, chunkSizeBytes))
    refuse('image', `a height of ${height} does not fit its capacity`)
  const id = root === null ? null : fromHex(root, idBytes)
  if (id === undefined) refuse('image', `"${root}" is no id`)
  return { root: id ?? null, height }
}

function refuse(option: string, reason: string | undefined): void {
  if (reason !== undefined) throw fail('repository.invalid-option', { option, reason })
}
