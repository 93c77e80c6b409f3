import { type DiskReader, type Extent, between } from '@vmkeep/disk'
import type { Random } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import { openNfcDisk } from '../nfc/open-nfc-disk.ts'
import type { VmDiskRequest } from '../transport.ts'

const sampleBytes = 4096
const samplesMax = 48
const changedSamplesMax = 64
const windowBytes = 2 ** 30

/**
 * Compares some 4 KiB pieces with what the host says they are: the first and the last, some from blocks that hold data, some from what the map calls zeroes, where
 * a wrong map would show, and some of what changed, which an increment reads and which a host may not have written back yet. The host is asked over nbdssl, by the
 * same rights as any backup.
 *
 * @throws `transport.san-differs`; `nfc.*`, `vsphere.*` if the host cannot be asked
 */
export async function compareWithHost(disk: DiskReader, request: VmDiskRequest): Promise<void> {
  await using host = await openNfcDisk(request, 'nbdssl', 'read')
  if (host.capacityBytes !== disk.capacityBytes)
    throw differs(request, 0, `it has ${host.capacityBytes} bytes there and ${disk.capacityBytes} on its LUN`)
  const samples = await samplesOf(disk, request)
  const [ours, theirs] = [Buffer.alloc(sampleBytes), Buffer.alloc(sampleBytes)]
  for (const { offsetBytes, lengthBytes } of samples) {
    const [here, there] = [ours.subarray(0, lengthBytes), theirs.subarray(0, lengthBytes)]
    await disk.read(offsetBytes, here, request.signal)
    await host.read(offsetBytes, there, request.signal)
    if (!here.equals(there)) throw differs(request, offsetBytes, 'its bytes are others on the LUN')
  }
}

const differs = ({ path }: VmDiskRequest, offsetBytes: number, fact: string) =>
  fail('transport.san-differs', { disk: path, offsetBytes, fact })

/** Each random place gives the page it is in, and the beginning and the end of the next run with data, where a map that is off by something shows first. */
async function samplesOf(disk: DiskReader, request: VmDiskRequest): Promise<Extent[]> {
  const { capacityBytes } = disk
  const { random } = request
  const pages = new Set([0, pageOf(capacityBytes - 1), ...(await changedPages(request))])
  const enough = pages.size + samplesMax
  for (let tries = 0; tries < samplesMax && pages.size < enough; tries++) {
    const at = pageOf(Math.floor(random.fraction() * capacityBytes))
    pages.add(at)
    const window = between(at, Math.min(capacityBytes, at + windowBytes))
    for await (const { offsetBytes, lengthBytes } of disk.allocated(window)) {
      pages.add(pageOf(offsetBytes))
      pages.add(pageOf(offsetBytes + lengthBytes - 1))
      break
    }
  }
  return [...pages].map((at) => between(at, Math.min(capacityBytes, at + sampleBytes)))
}

/** All pages of what changed, if they are few; else some of some extents, chosen by chance. */
async function changedPages({ changed, random, signal }: VmDiskRequest): Promise<number[]> {
  const kept: Extent[] = []
  let seen = 0
  try {
    for await (const extent of changed?.(signal) ?? []) {
      const place = seen++ < changedSamplesMax ? kept.length : Math.floor(random.fraction() * seen)
      if (place < changedSamplesMax) kept[place] = extent
    }
  } catch {
    signal.throwIfAborted() // else who reads the disk asks once more, and is told
  }
  const each = Math.floor(changedSamplesMax / Math.max(1, kept.length))
  return kept.flatMap((extent) => pagesIn(extent, each, random))
}

function pagesIn({ offsetBytes, lengthBytes }: Extent, pagesMax: number, random: Random): number[] {
  const first = pageOf(offsetBytes)
  const count = Math.ceil((offsetBytes + lengthBytes - first) / sampleBytes)
  const number = (i: number) => (count <= pagesMax || i === 0 ? i : Math.floor(random.fraction() * count))
  return Array.from({ length: Math.min(count, pagesMax) }, (_, i) => first + number(i) * sampleBytes)
}

const pageOf = (offsetBytes: number) => Math.floor(Math.max(0, offsetBytes) / sampleBytes) * sampleBytes
