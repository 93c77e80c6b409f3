import { FormatError } from '@vmkeep/kit'
import type { Plain } from '../plain.ts'
import type { GfsFlag, PointImage, PointManifest, PointOrigin, RestorePoint } from '../restore-point.ts'
import { idBytes } from './blob.ts'
import { magic } from './common-header.ts'
import { Fields } from './fields.ts'
import { defaultDomain } from './key-ring.ts'
import { fromHex, toHex } from './hex.ts'
import { isoTime } from './iso-time.ts'
import { heightOf, whyNotChunkSize } from './map-geometry.ts'
import { decodeSealed, encodeSealed } from './sealed-object.ts'
import type { Sealing } from './sealing.ts'
import { createdAtMsOf } from './session-id.ts'

/**
 * A point is read whole, eight at a time where points are listed, so this bounds memory. It is far from what is needed: a VM of
 * 256 disks, vSphere's maximum, with long names takes about 300 KiB.
 */
export const pointBytesMax = 1024 * 1024

const originIdBytes = 16

const kinds = { point: 1, fenced: 2, deleted: 3 } as const

/** What stands under `points/<session id>`: docs/formats/repository.md §9. */
export type SessionEnd =
  | { readonly kind: 'point'; readonly point: RestorePoint }
  | { readonly kind: 'fenced' | 'deleted' }

export interface PointIdentity {
  readonly repositoryId: Uint8Array
  /** 32 hex digits. */
  readonly sessionId: string
}

/** @throws FormatError if the manifest is not plain data or names impossible ids */
export function encodePoint(
  identity: PointIdentity,
  manifest: PointManifest,
  {
    committedAtMs,
    lockedUntilMs,
    writer,
    domain = defaultDomain,
  }: { committedAtMs: number; lockedUntilMs?: number; writer: string; domain?: string },
  sealing: Sealing,
): Uint8Array {
  const { subject, images, blobs, attributes, stats, tags = [], gfs = [], origin } = manifest
  const content = {
    createdAt: createdAtMsOf(identity.sessionId),
    committedAt: committedAtMs,
    writer,
    subject: { id: subject.id, name: subject.name, kind: subject.kind },
    images: images.map(encodeImage),
    blobs: Object.fromEntries(Object.entries(blobs).map(([name, id]) => [name, idFrom(id)])),
    attributes,
    stats,
    ...(tags.length > 0 ? { tags: [...tags] } : {}),
    ...(gfs.length > 0
      ? { gfs: gfs.map(({ period, keepUntil }) => ({ period, keepUntil: Date.parse(keepUntil) })) }
      : {}),
    ...(lockedUntilMs === undefined ? {} : { lockedUntil: lockedUntilMs }),
    ...(origin === undefined ? {} : { origin: encodeOrigin(origin) }),
    ...(domain !== defaultDomain && { domain }),
  }
  return encodeEnd(identity, kinds.point, content, sealing)
}

export const encodeFence = (identity: PointIdentity, fencedAtMs: number, sealing: Sealing): Uint8Array =>
  encodeEnd(identity, kinds.fenced, { fencedAt: fencedAtMs }, sealing)

/** @throws FormatError */
export function decodeSessionEnd(
  source: Uint8Array,
  { repositoryId, sessionId }: PointIdentity,
  controlKey: Uint8Array,
): SessionEnd {
  const objectId = fromHex(sessionId, 16)!
  const { header, content } = decodeSealed(source, controlKey, { magic: magic.point, repositoryId, objectId })
  if (header.kind === kinds.fenced) return { kind: 'fenced' }
  if (header.kind === kinds.deleted) return { kind: 'deleted' }
  if (header.kind !== kinds.point) throw new FormatError(`kind ${header.kind} is not known`)
  return { kind: 'point', point: decodePoint(sessionId, new Fields(content)) }
}

function encodeEnd(
  { repositoryId, sessionId }: PointIdentity,
  kind: number,
  content: Plain,
  { controlKey, random }: Sealing,
) {
  const objectId = fromHex(sessionId, 16)!
  return encodeSealed({ magic: magic.point, kind, repositoryId, objectId, content }, controlKey, random)
}

const encodeOrigin = ({ repository, point, committedAt }: PointOrigin): Plain => ({
  repository: idFrom(repository, originIdBytes),
  point: idFrom(point, originIdBytes),
  committedAt: Date.parse(committedAt),
})

const decodeOrigin = (fields: Fields): PointOrigin => ({
  repository: toHex(fields.bytes('repository', originIdBytes)),
  point: toHex(fields.bytes('point', originIdBytes)),
  committedAt: isoTime(fields.count('committedAt')),
})

function encodeImage({ key, label, image, attributes }: PointImage): Plain {
  const { capacityBytes, chunkSizeBytes, height, root } = image
  return { key, label, attributes, capacityBytes, chunkSizeBytes, height, root: root === null ? null : idFrom(root) }
}

function decodePoint(id: string, fields: Fields): RestorePoint {
  const createdAtMs = fields.count('createdAt')
  if (createdAtMs !== createdAtMsOf(id)) throw new FormatError('its time is not the one in its id')
  const subject = fields.map('subject')
  const blobs = fields.map('blobs')
  return {
    id,
    createdAt: isoTime(createdAtMs),
    committedAt: isoTime(fields.count('committedAt')),
    ...(fields.values['lockedUntil'] === undefined ? {} : { lockedUntil: isoTime(fields.count('lockedUntil')) }),
    subject: { id: subject.text('id'), name: subject.text('name'), kind: subject.text('kind') },
    images: fields.maps('images').map(decodeImage),
    blobs: Object.fromEntries(Object.keys(blobs.values).map((name) => [name, toHex(blobs.bytes(name, idBytes))])),
    attributes: fields.map('attributes').values,
    stats: fields.map('stats').values,
    tags: fields.has('tags') ? fields.texts('tags') : [],
    gfs: fields.has('gfs') ? fields.maps('gfs').map(decodeFlag) : [],
    ...(fields.has('origin') ? { origin: decodeOrigin(fields.map('origin')) } : {}),
    ...(fields.has('domain') && { domain: fields.text('domain') }),
  }
}

const decodeFlag = (fields: Fields): GfsFlag => ({
  period: fields.text('period'),
  keepUntil: isoTime(fields.count('keepUntil')),
})

function decodeImage(fields: Fields): PointImage {
  const capacityBytes = fields.count('capacityBytes')
  const chunkSizeBytes = fields.count('chunkSizeBytes')
  const height = fields.count('height')
  const root = fields.bytesOrNull('root', idBytes)
  const why = whyNotChunkSize(chunkSizeBytes)
  if (why !== undefined) throw new FormatError(why)
  if (height !== heightOf(capacityBytes, chunkSizeBytes))
    throw new FormatError(`height ${height} does not fit its capacity`)
  return {
    key: fields.text('key'),
    label: fields.text('label'),
    image: { capacityBytes, chunkSizeBytes, height, root: root === null ? null : toHex(root) },
    attributes: fields.map('attributes').values,
  }
}

function idFrom(hex: string, sizeBytes = idBytes): Uint8Array {
  const id = fromHex(hex, sizeBytes)
  if (id === undefined) throw new FormatError(`"${hex}" is no id`)
  return id
}
