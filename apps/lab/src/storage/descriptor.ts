import { folderOf, nameOf } from './datastore-path.ts'
import type { Layer } from './layer.ts'

/** The text of a VMDK descriptor, as ESXi writes it. Source: VMware Virtual Disk Format 5.0. Evidence: documented. */
export function descriptorText(layer: Layer): string {
  return [
    '# Disk DescriptorFile',
    'version=4',
    'encoding="UTF-8"',
    `CID=${contentIdOf(layer)}`,
    `parentCID=${layer.parent === undefined ? 'ffffffff' : contentIdOf(layer.parent)}`,
    `createType="${createTypeOf(layer)}"`,
    ...(layer.parent === undefined ? [] : [`parentFileNameHint="${hintOf(layer, layer.parent)}"`]),
    '',
    '# Extent description',
    extentLine(layer),
    ...changeTrackLines(layer),
    '',
    '# The Disk Data Base',
    '#DDB',
    '',
    ...[...databaseOf(layer)].map(([key, value]) => `ddb.${key} = "${value}"`),
    '',
  ].join('\n')
}

/** The disk database, keys without `ddb.`: what DDB_GET answers from. */
export function databaseOf(layer: Layer): Map<string, string> {
  const { cylinders, heads, sectors } = geometryOf(layer.root.capacityBytes)
  return new Map([
    ['adapterType', layer.adapterType],
    ['geometry.cylinders', String(cylinders)],
    ['geometry.heads', String(heads)],
    ['geometry.sectors', String(sectors)],
    ['longContentID', layer.contentId],
    ...(layer.sectorSizeBytes === 512
      ? []
      : ([
          ['logicalSectorSize', '4096'],
          ['physicalSectorSize', '4096'],
        ] as const)),
    ...(layer.root.allocation === 'thin' ? ([['thinProvisioned', '1']] as const) : []),
    ['toolsVersion', '12389'],
    ['uuid', spacedUuid(layer.uuid)],
    ['virtualHWVersion', '21'],
  ])
}

export interface Geometry {
  readonly cylinders: number
  readonly heads: number
  readonly sectors: number
}

/** Source: VMware Virtual Disk Format 5.0: 255 heads, 63 sectors for SCSI disks above 1 GB, fewer below. Evidence: documented. */
export function geometryOf(capacityBytes: number): Geometry {
  const [heads, sectors] =
    capacityBytes >= 2 * 1024 ** 3 ? [255, 63] : capacityBytes >= 1024 ** 3 ? [128, 32] : [64, 32]
  return { cylinders: Math.floor(capacityBytes / (heads * sectors * 512)), heads, sectors }
}

const contentIdOf = (layer: Layer) => layer.contentId.slice(-8)

function createTypeOf(layer: Layer): string {
  if (!layer.isDelta) return 'vmfs'
  return layer.files.deltaDiskFormat === 'seSparseFormat' ? 'seSparse' : 'vmfsSparse'
}

function extentLine(layer: Layer): string {
  const sizeSectors = Math.floor(layer.capacityBytes / 512)
  const kind = { vmfs: 'VMFS', seSparse: 'SESPARSE', vmfsSparse: 'VMFSSPARSE' }[createTypeOf(layer)]
  const { extentPath, datastore } = layer.files
  const name = extentPath === undefined ? `${datastore.type.toLowerCase()}://${layer.contentId}` : nameOf(extentPath)
  return `RW ${sizeSectors} ${kind} "${name}"`
}

function changeTrackLines(layer: Layer): string[] {
  const path = layer.files.changeTrackPath
  return path === undefined ? [] : ['', '# Change Tracking File', `changeTrackPath="${nameOf(path)}"`]
}

function hintOf(layer: Layer, parent: Layer): string {
  const { datastore, path } = parent.files
  const isBeside = datastore === layer.files.datastore && folderOf(path) === folderOf(layer.files.path)
  return isBeside ? nameOf(path) : `/vmfs/volumes/${datastore.name}/${path}`
}

/** `60 00 c2 93 … 8d-4f …`: bytes in pairs, a dash in the middle. */
function spacedUuid(hex: string): string {
  const bytes = hex.match(/../g) ?? []
  return `${bytes.slice(0, 8).join(' ')}-${bytes.slice(8).join(' ')}`
}
