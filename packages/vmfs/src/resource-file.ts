import type { ResourceKind, Target } from './address-format.ts'
import type { BlockMap } from './block-map.ts'
import type { Geometry } from './fs-header-format.ts'
import { FormatError } from '@vmkeep/kit'
import { type ResourceHeader, resourceOffsetBytes, type ResourcePlace } from './resource-format.ts'

/** A system file that holds resources of one kind. */
export class ResourceFile {
  readonly resourceBytes: number
  readonly #header: ResourceHeader
  readonly #map: BlockMap
  readonly #geometry: Geometry

  constructor(header: ResourceHeader, map: BlockMap, geometry: Geometry) {
    this.#header = header
    this.#map = map
    this.#geometry = geometry
    this.resourceBytes = header.resourceBytes
  }

  /** Where a resource lies in the volume. @throws FormatError if it is in pieces: none is, and bytes that follow it would be foreign */
  async placeOf(place: ResourcePlace): Promise<number> {
    const offsetBytes = resourceOffsetBytes(this.#header, this.#geometry, place)
    if (offsetBytes + this.resourceBytes > this.#map.lengthBytes)
      throw new FormatError(`resource ${place.resource} of cluster ${place.cluster} lies beyond its file`)
    for await (const run of this.#map.runs({ offsetBytes, lengthBytes: this.resourceBytes }))
      if (run.place !== 'zeroes' && run.extent.lengthBytes === this.resourceBytes) return run.place
    throw new FormatError(`resource ${place.resource} of cluster ${place.cluster} is not in one piece`)
  }
}

export const resourcePlace = (target: Target): (ResourcePlace & { readonly kind: ResourceKind }) | undefined =>
  target.kind === 'hole' || target.kind === 'block' ? undefined : target
