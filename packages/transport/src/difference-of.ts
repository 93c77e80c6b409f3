import type { VmdkReader } from '@vmkeep/vmdk'
import type { DiskPlace } from './transport.ts'

/** In what a VMDK is not the disk that was asked for, by size and uuid. `undefined`: in nothing that can be told. */
export function differenceOf(
  disk: VmdkReader,
  expected: Pick<DiskPlace, 'capacityBytes' | 'uuid'>,
): string | undefined {
  if (disk.capacityBytes !== expected.capacityBytes)
    return `it has ${disk.capacityBytes} bytes, not ${expected.capacityBytes}`
  const [found, wanted] = [disk.database['uuid'], expected.uuid].map((uuid) => uuid?.replace(/[^0-9a-f]/gi, ''))
  const isOther = found !== undefined && wanted !== undefined && found.toLowerCase() !== wanted.toLowerCase()
  return isOther ? `its uuid is ${disk.database['uuid']}, not ${expected.uuid}` : undefined
}
