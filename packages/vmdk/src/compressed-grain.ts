import { promisify } from 'node:util'
import { inflate } from 'node:zlib'
import { messageOf } from '@vmkeep/kit'
import { type ByteSource, damagedAt, readBytes, readRecord } from './byte-source.ts'
import { GrainMarker } from './marker-format.ts'
import { bytesOf } from './sectors.ts'

const inflateAsync = promisify(inflate)

export interface GrainPlace {
  /** Where on the disk the grain begins. */
  readonly startBytes: number
  /** What of it lies on the disk: the last grain may be cut short. */
  readonly neededBytes: number
  readonly grainBytes: number
}

/** Reads and inflates the grain at `offsetBytes` of the file. @throws `vmdk.damaged` if it is another grain, or not whole */
export async function readGrain(source: ByteSource, offsetBytes: number, place: GrainPlace): Promise<Uint8Array> {
  const { startBytes, grainBytes } = place
  const { lbaSectors, sizeBytes } = await readRecord(source, offsetBytes, GrainMarker)
  const damaged = (fact: string) => damagedAt(source, offsetBytes, fact)
  if (bytesOf(lbaSectors) !== startBytes)
    throw damaged(`the grain of sector ${lbaSectors} is where that of byte ${startBytes} should be`)
  // deflate never grows data by as much as half
  if (sizeBytes === 0 || sizeBytes > grainBytes * 1.5 + 64) throw damaged(`a compressed grain of ${sizeBytes} bytes`)
  const deflated = await readBytes(source, offsetBytes + GrainMarker.sizeBytes, sizeBytes)
  return await inflateGrain(source, offsetBytes, deflated, place)
}

/** Inflates the grain whose marker stands at `offsetBytes`. @throws `vmdk.damaged` */
export async function inflateGrain(
  source: Pick<ByteSource, 'path'>,
  offsetBytes: number,
  deflated: Uint8Array,
  { neededBytes, grainBytes }: GrainPlace,
): Promise<Uint8Array> {
  const damaged = (fact: string, cause?: unknown) => damagedAt(source, offsetBytes, fact, cause)
  const chunkSize = grainBytes + 1 // all in one call of zlib, which the last byte of room tells that there is no more
  const grain = await inflateAsync(deflated, { maxOutputLength: grainBytes, chunkSize }).catch((error: unknown) => {
    throw damaged(`the grain does not inflate: ${messageOf(error)}`, error)
  })
  if (grain.length < neededBytes) throw damaged(`the grain inflates to ${grain.length} of ${neededBytes} bytes`)
  return grain
}
