import { between, checkRun, diskFail, type DiskReader, endOf, type Extent, joined } from '@vmkeep/disk'
import type { OpenedLayer } from './open-layer.ts'
import { dataOf, type HeldRun, type Layer } from './layer.ts'
import { sectorSizeBytes } from './sectors.ts'

/** A VMDK, opened. */
export interface VmdkReader extends DiskReader {
  /** The disk data base: `ddb.` keys without the prefix, a child's before its parents'. */
  readonly database: Readonly<Record<string, string>>
}

/** A disk and its parents as one: for each run the first layer that says something. Takes the layers over. */
export class ChainReader implements VmdkReader {
  readonly capacityBytes: number
  readonly database: Readonly<Record<string, string>>
  readonly sectorSizeBytes = sectorSizeBytes
  readonly #path: string
  readonly #layers: readonly Layer[]
  #closed = false

  /** @param opened the child first */
  constructor(path: string, opened: readonly OpenedLayer[]) {
    this.#path = path
    this.#layers = opened.map(({ layer }) => layer)
    this.capacityBytes = opened[0]!.layer.capacityBytes
    const databases = opened.map(({ descriptor }) => Object.entries(descriptor?.ddb ?? {}))
    this.database = Object.fromEntries(
      databases
        .toReversed()
        .flat()
        .map(([key, value]) => [key.replace(/^ddb\./, ''), value]),
    )
  }

  async read(offsetBytes: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    if (this.#closed) throw diskFail('disk.closed', { disk: this.#path })
    checkRun(this.#path, this.capacityBytes, offsetBytes, target.length)
    const whole = { offsetBytes, lengthBytes: target.length }
    for await (const { extent, holding, layer } of heldBy(this.#layers, whole, signal)) {
      const start = extent.offsetBytes - offsetBytes
      const wanted = target.subarray(start, start + extent.lengthBytes)
      if (holding === 'data') await layer!.read(extent.offsetBytes, wanted, signal)
      else wanted.fill(0)
    }
  }

  async *allocated(within: Extent, signal?: AbortSignal): AsyncIterable<Extent> {
    checkRun(this.#path, this.capacityBytes, within.offsetBytes, within.lengthBytes)
    yield* joined(dataOf(heldBy(this.#layers, within, signal)))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    for (const layer of this.#layers) await layer[Symbol.asyncDispose]()
  }
}

/** Every byte of `within` once, ascending, with the layer that holds it. */
async function* heldBy(
  [layer, ...parents]: readonly Layer[],
  within: Extent,
  signal: AbortSignal | undefined,
): AsyncIterable<HeldRun & { layer: Layer | undefined }> {
  if (layer === undefined) return yield { extent: within, holding: 'nothing', layer }
  const heldBytes = Math.min(endOf(within), layer.capacityBytes) // a child may have outgrown its parent
  if (within.offsetBytes < heldBytes)
    for await (const run of layer.holdings(between(within.offsetBytes, heldBytes), signal))
      if (run.holding === 'nothing') yield* heldBy(parents, run.extent, signal)
      else yield { ...run, layer }
  const beyond = Math.max(within.offsetBytes, heldBytes)
  if (beyond < endOf(within)) yield { extent: between(beyond, endOf(within)), holding: 'nothing', layer: undefined }
}
