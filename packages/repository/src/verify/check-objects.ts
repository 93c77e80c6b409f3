import { FormatError, hasCode } from '@vmkeep/kit'
import type { Core } from '../core.ts'
import { fail } from '../errors.ts'
import { censusBytesMax, decodeCensus } from '../formats/census.ts'
import { condemnedBytesMax, decodeCondemnedPacks } from '../formats/condemned-packs.ts'
import { decodeFormat } from '../formats/format-object.ts'
import { decodeKeyRing, keyRingBytesMax } from '../formats/key-ring.ts'
import { decodeKeySlot } from '../formats/key-slot.ts'
import { decodeLockRecord, lockRecordBytesMax } from '../formats/lock-record.ts'
import { decodeLostCopies } from '../formats/lost-copies.ts'
import * as names from '../formats/object-names.ts'
import { sealedObjectBytesMax } from '../formats/sealed-object.ts'
import { decodeBeat, decodePin } from '../formats/session-signs.ts'
import { decodeProof } from '../formats/proof.ts'
import { decodeSessionStart } from '../formats/session-start.ts'
import { decodeTrashEntry } from '../formats/trash-entry.ts'
import { decodeValidation } from '../formats/validation.ts'
import { decodeVerifiedPacks } from '../formats/verified-packs.ts'
import type { DamageList } from './damage-list.ts'

type Check = (source: Uint8Array) => unknown

interface ObjectKind {
  readonly prefix: string
  readonly sizeBytesMax: number
  /** How to read an object of this name; `undefined` if the name says nothing to us. @throws FormatError by the check */
  readonly checkOf: (core: Core, key: string) => Check | undefined
}

/** Every kind of small object but points and deltas, which verification reads anyway. */
const kinds: readonly ObjectKind[] = [
  {
    prefix: names.keysPrefix,
    sizeBytesMax: keyRingBytesMax,
    checkOf({ repositoryId, roles }, key) {
      const slotId = names.slotIdOf(key)
      if (slotId !== undefined) return (source) => decodeKeySlot(source, repositoryId, slotId)
      const { ring } = roles
      if (names.ringNumberOf(key) === undefined || ring === undefined) return undefined
      return (source) => decodeKeyRing(source, repositoryId, ring)
    },
  },
  {
    prefix: names.trashPrefix,
    sizeBytesMax: sealedObjectBytesMax,
    checkOf({ repositoryId, roles }, key) {
      const entry = names.trashEntryOf(key)
      return entry && ((source) => decodeTrashEntry(source, { repositoryId, ...entry }, roles.control))
    },
  },
  {
    prefix: names.collectionsPrefix,
    sizeBytesMax: condemnedBytesMax,
    checkOf({ repositoryId, roles }, key) {
      const name = names.collectionOf(key)
      return name && ((source) => decodeCondemnedPacks(source, { repositoryId, ...name }, roles.control))
    },
  },
  {
    prefix: names.sessionsPrefix,
    sizeBytesMax: sealedObjectBytesMax,
    checkOf(core, key) {
      const { repositoryId, roles } = core
      const sessionId = names.sessionIdOf(key)
      const beat = names.beatOf(key)
      if (sessionId !== undefined && key === names.sessionStartKey(sessionId))
        return (source) => decodeSessionStart(source, { repositoryId, sessionId }, roles.control)
      if (beat === undefined) return checkPin(core, key)
      return (source) => decodeBeat(source, { repositoryId, holderId: beat.sessionId, ...beat }, roles.control)
    },
  },
  {
    prefix: names.lockRecordsPrefix,
    sizeBytesMax: lockRecordBytesMax,
    checkOf({ repositoryId, roles }, key) {
      const pointId = names.lockRecordPointOf(key)
      if (pointId === undefined) return undefined
      return (source) => decodeLockRecord(source, { repositoryId, pointId }, roles.control)
    },
  },
  {
    prefix: names.proofsPrefix,
    sizeBytesMax: sealedObjectBytesMax,
    checkOf({ repositoryId, roles }, key) {
      const pointId = names.proofPointOf(key)
      if (pointId === undefined) return undefined
      return (source) => decodeProof(source, { repositoryId, pointId }, roles.control)
    },
  },
  {
    prefix: names.validationsPrefix,
    sizeBytesMax: sealedObjectBytesMax,
    checkOf({ repositoryId, roles }, key) {
      const id = names.validationIdOf(key)
      if (id === undefined) return undefined
      return (source) => decodeValidation(source, { repositoryId, id }, roles.control)
    },
  },
  { prefix: names.readersPrefix, sizeBytesMax: sealedObjectBytesMax, checkOf: checkPin },
  {
    prefix: names.lostPrefix,
    sizeBytesMax: sealedObjectBytesMax,
    checkOf({ repositoryId, roles }, key) {
      const recordId = names.lostRecordOf(key)
      return recordId && ((source) => decodeLostCopies(source, { repositoryId, recordId }, roles.control))
    },
  },
  {
    prefix: names.verifiedPrefix,
    sizeBytesMax: censusBytesMax,
    checkOf({ repositoryId, roles }, key) {
      const recordId = names.verifiedRecordOf(key)
      const censusId = names.censusOf(key)
      if (recordId !== undefined)
        return (source) => decodeVerifiedPacks(source, { repositoryId, recordId }, roles.control)
      return censusId && ((source) => decodeCensus(source, { repositoryId, recordId: censusId }, roles.control))
    },
  },
]

function checkPin({ repositoryId, roles }: Core, key: string): Check | undefined {
  const pin = names.pinOf(key)
  return pin && ((source) => decodePin(source, { repositoryId, ...pin }, roles.control))
}

/** Reads every small object: each must open and be the one its name says. Gaps in what is numbered are missing objects. */
export async function checkObjects(core: Core, damages: DamageList, signal?: AbortSignal): Promise<void> {
  const formatCheck: Check = (source) => decodeFormat(source, core.repositoryId, core.roles.control)
  await checkObject(core, damages, { key: names.formatKey, sizeBytesMax: sealedObjectBytesMax, check: formatCheck })
  for (const { prefix, sizeBytesMax, checkOf } of kinds) {
    const numbers = new Numbers()
    for await (const { key } of core.objects.list(prefix, signal)) {
      const check = checkOf(core, key)
      if (check !== undefined) await checkObject(core, damages, { key, sizeBytesMax, check }, signal)
      for (const missing of numbers.gapsBefore(key))
        damages.addObject(missing, fail('repository.object-missing', { object: missing, because: `${key} is there` }))
    }
  }
}

async function checkObject(
  core: Core,
  damages: DamageList,
  { key, sizeBytesMax, check }: { readonly key: string; readonly sizeBytesMax: number; readonly check: Check },
  signal?: AbortSignal,
): Promise<void> {
  for (let reading = 1; reading <= 2; reading++) {
    try {
      const source = await core.objects.get(key, sizeBytesMax, signal)
      if (source !== undefined) check(source)
      return
    } catch (error) {
      if (!(error instanceof FormatError) && !hasCode(error, 'storage.too-large')) throw error
      const reason = (error as Error).message
      if (reading === 2) damages.addObject(key, fail('repository.object-corrupt', { object: key, reason }, error))
    }
  }
}

/** Finds what is missing in rows numbered from 1 without gaps: a point's fate, the lists of collections. Keys come ascending. */
class Numbers {
  #row = ''
  #last = 0

  gapsBefore(key: string): string[] {
    const trash = names.trashEntryOf(key)
    const collection = names.collectionOf(key)
    const [row, number] = trash === undefined ? ['', collection?.number] : [trash.pointId, trash.number]
    if (number === undefined) return []
    if (row !== this.#row) this.#last = 0
    const gaps = Array.from({ length: Math.max(0, number - this.#last - 1) }, (_, i) => this.#last + 1 + i)
    this.#row = row
    this.#last = number
    const keyOf = trash === undefined ? names.condemnedListKey : (n: number) => names.trashEntryKey(row, n)
    return gaps.map(keyOf)
  }
}
