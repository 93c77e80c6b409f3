import { createHash } from 'node:crypto'
import { FormatError } from '@vmkeep/kit'
import { sameBytes } from '../formats/hex.ts'
import { decodeFooter, footerBytes } from '../formats/pack.ts'
import type { IndexedPack } from '../index/chunk-index.ts'
import type { VerifyLevel } from '../repository.ts'
import { everything, isDamage, packCorrupt } from './damage-list.ts'
import { packMissing, type PackCheck, verifyPack } from './verify-pack.ts'

const readBytes = 8 * 1024 * 1024

/** Checks a pack as thoroughly as asked. */
export async function checkPack(check: PackCheck, pack: IndexedPack, level: VerifyLevel): Promise<void> {
  if (level === 'full' || pack.row === undefined) return await verifyPack(check, pack)
  const { damages, signal } = check
  try {
    if (level === 'presence') return await checkSize(check, pack)
    if (await isAsHashed(check, pack)) return
    if (!check.core.ring.maintenanceOnly) return await verifyPack(check, pack) // says what in it is damaged
    const wrong = new FormatError('its checksum is not the one that its delta states')
    damages.addObject(pack.key, packCorrupt(pack.key, wrong), everything)
  } catch (error) {
    signal?.throwIfAborted()
    if (!isDamage(error)) throw error
    damages.addObject(pack.key, error, everything)
  }
}

/** The list of packs has said all there is to say of a pack that is live. */
async function checkSize({ core, damages, signal }: PackCheck, pack: IndexedPack): Promise<void> {
  if (pack.state !== 'gone' && pack.state !== 'doubtful') return
  const sizeBytes = await core.objects.size(pack.key, signal)
  if (sizeBytes === undefined) return damages.addObject(pack.key, await packMissing(core, pack.key, signal), everything)
  if (sizeBytes === pack.row!.sizeBytes) return
  const wrong = new FormatError(`it has ${sizeBytes} bytes, not ${pack.row!.sizeBytes}`)
  damages.addObject(pack.key, packCorrupt(pack.key, wrong), (offsetBytes) => offsetBytes >= sizeBytes)
}

/** Whether a pack's bytes have the checksum that its delta names, and its footer fits. Needs no data key. */
async function isAsHashed({ core, onRead, signal }: PackCheck, { key, row }: IndexedPack): Promise<boolean> {
  const sizeBytes = await core.objects.size(key, signal)
  if (sizeBytes !== row!.sizeBytes) return false
  const buffer = await core.memory.reads.allocate(Math.min(readBytes, sizeBytes), signal)
  try {
    const hash = createHash('sha256')
    const footer = new Uint8Array(footerBytes)
    for (let at = 0; at < sizeBytes - footerBytes;) {
      const part = buffer.subarray(0, Math.min(buffer.length, sizeBytes - footerBytes - at))
      await core.objects.getRange(key, at, part, signal)
      hash.update(part)
      at += part.length
      onRead(0, part.length)
    }
    await core.objects.getRange(key, sizeBytes - footerBytes, footer, signal)
    const sha256 = hash.digest()
    return sameBytes(sha256, row!.sha256) && fits(footer, sizeBytes, sha256)
  } finally {
    core.memory.reads.release(buffer)
  }
}

function fits(source: Uint8Array, sizeBytes: number, sha256: Uint8Array): boolean {
  try {
    return sameBytes(decodeFooter(source, sizeBytes).sha256, sha256)
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    return false
  }
}
