import type { Repository } from '@vmkeep/repository'
import type { VmPoint } from '@vmkeep/run'
import { decodeConfigXml, disksOf, type VmDisk } from '@vmkeep/vsphere'

/** A disk of a restore point that seems to hold what its encrypted files hold, and not what its guest sees. */
export interface NoisyDisk {
  readonly point: string
  readonly vm: string
  readonly label: string
  readonly address: string
}

/**
 * Disks that vSphere encrypts and of which a restore point holds noise. Until the transport `file` refused such disks it read them past their
 * host, which alone has the key. Every byte of such a point is what was written, and it is worth nothing.
 *
 * What is looked at is the disk's first sector: of everything that starts there it says in clear what it is, guests' own encryption
 * included. A disk that was read whole by another transport holds no noise, and is not looked at.
 */
export async function findNoise(repository: Repository, point: VmPoint, signal: AbortSignal): Promise<NoisyDisk[]> {
  const asked = point.disks.filter(({ mode, transport = 'file' }) => mode !== 'full' || transport === 'file')
  if (asked.length === 0) return []
  const encrypted = encryptedKeys(Buffer.from(await repository.readBlob(point.configXml, signal)).toString())
  const found: NoisyDisk[] = []
  for (const { key, label, address, image } of asked) {
    if (!encrypted.has(key)) continue
    await using disk = await repository.openImage(image, signal)
    const sector = new Uint8Array(sectorBytes)
    await disk.read(0, sector, signal)
    if (looksLikeNoise(sector)) found.push({ point: point.id, vm: point.name, label, address })
  }
  return found
}

const sectorBytes = 512

/** Keys of the disks that vSphere encrypts. A configuration that cannot be understood is not for here to tell. */
function encryptedKeys(configXml: string): ReadonlySet<number> {
  return new Set(savedDisks(configXml).flatMap(({ key, device }) => (hasKey(device.backing) ? [key] : [])))
}

const hasKey = (backing: object | undefined): boolean =>
  backing !== undefined && 'keyId' in backing && backing.keyId !== undefined

function savedDisks(configXml: string): readonly VmDisk[] {
  try {
    return disksOf(decodeConfigXml(configXml))
  } catch {
    return []
  }
}

/** Of 512 random bytes some 221 values differ, 5 more or less. Boot code, tables of partitions and headers have less than 160. */
const valuesOfNoise = 190

/** Exported for its test. */
export function looksLikeNoise(sector: Uint8Array): boolean {
  const isBootSector = sector[510] === 0x55 && sector[511] === 0xaa
  return !isBootSector && new Set(sector).size >= valuesOfNoise
}
