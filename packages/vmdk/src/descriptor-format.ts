// The text that describes a VMDK, in a file of its own or embedded in a sparse extent.
// Source: VMware "Virtual Disk Format 5.0", chapter 1, "Layout Basics: The Descriptor File". Evidence: documented.
import { FormatError } from '@vmkeep/kit'

export interface DescriptorExtent {
  readonly access: 'RW' | 'RDONLY' | 'NOACCESS'
  readonly sizeSectors: number
  /** `FLAT`, `SPARSE`, `ZERO`, `VMFS`, `VMFSSPARSE`, `SESPARSE` … */
  readonly type: string
  /** As written: never open it without a look. Missing for `ZERO`. */
  readonly fileName?: string
  /** Where the extent begins in its file. */
  readonly offsetSectors?: number
}

export interface Descriptor {
  readonly version: number
  /** The content id: changes when the disk is first written to. */
  readonly cid: number
  /** The content id of the parent; {@link noParent} for a disk that has none. */
  readonly parentCid: number
  /** `monolithicSparse`, `streamOptimized`, `vmfs` … */
  readonly createType: string
  readonly extents: readonly DescriptorExtent[]
  /** The disk data base, by full name: `ddb.adapterType` … */
  readonly ddb: Readonly<Record<string, string>>
  /** Every other setting, as found: `encoding`, `parentFileNameHint`, `changeTrackPath` … */
  readonly settings: Readonly<Record<string, string>>
}

export const noParent = 0xffff_ffff

const signature = '# Disk DescriptorFile'
const extentLine = /^(RW|RDONLY|NOACCESS)\s+(\d+)\s+([A-Z0-9]+)(?:\s+"([^"]*)"(?:\s+(\d+))?)?(?:\s+\S.*)?$/
const settingLine = /^([A-Za-z][\w.]*)\s*=\s*(?:"([^"]*)"|([^"\s]\S*)?)$/

/** @throws FormatError with the line that is wrong */
export function parseDescriptor(text: string): Descriptor {
  const lines = text.replace(/\0+$/, '').split(/\r?\n/)
  if (lines[0]?.trim().toLowerCase() !== signature.toLowerCase())
    throw new FormatError(`line 1: expected "${signature}", found ${JSON.stringify(lines[0]?.slice(0, 40))}`)
  const extents: DescriptorExtent[] = []
  const found = new Map<string, string>()
  for (const [index, raw] of lines.entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) continue
    const extent = extentLine.exec(line)
    if (extent !== null) extents.push(extentOf(extent, index + 1))
    else addSetting(found, line, index + 1)
  }
  return descriptorOf(found, extents)
}

function extentOf(match: RegExpExecArray, lineNumber: number): DescriptorExtent {
  const [, access, size = '', type = '', fileName, offset] = match
  return {
    access: access as DescriptorExtent['access'],
    sizeSectors: wholeNumber(size, `line ${lineNumber}: extent size`),
    type,
    ...(fileName === undefined ? {} : { fileName }),
    ...(offset === undefined ? {} : { offsetSectors: wholeNumber(offset, `line ${lineNumber}: extent offset`) }),
  }
}

function addSetting(found: Map<string, string>, line: string, lineNumber: number): void {
  const match = settingLine.exec(line)
  if (match === null)
    throw new FormatError(`line ${lineNumber}: neither a setting nor an extent: ${JSON.stringify(line.slice(0, 80))}`)
  const [, key = '', quoted, bare] = match
  if (found.has(key)) throw new FormatError(`line ${lineNumber}: "${key}" is set twice`)
  found.set(key, quoted ?? bare ?? '')
}

function descriptorOf(found: Map<string, string>, extents: readonly DescriptorExtent[]): Descriptor {
  const take = (key: string): string => {
    const value = found.get(key)
    if (value === undefined) throw new FormatError(`"${key}" is missing`)
    found.delete(key)
    return value
  }
  const head = {
    version: wholeNumber(take('version'), 'version'),
    cid: contentId(take('CID'), 'CID'),
    parentCid: contentId(take('parentCID'), 'parentCID'),
    createType: take('createType'),
  }
  const rest = [...found]
  return {
    ...head,
    extents,
    ddb: Object.fromEntries(rest.filter(([key]) => key.startsWith('ddb.'))),
    settings: Object.fromEntries(rest.filter(([key]) => !key.startsWith('ddb.'))),
  }
}

function wholeNumber(text: string, what: string): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value * 512))
    throw new FormatError(`${what}: ${text} is not a number that can be`)
  return value
}

function contentId(text: string, what: string): number {
  if (!/^[0-9a-f]{1,8}$/i.test(text)) throw new FormatError(`${what}: "${text}" is not eight hexadecimal digits`)
  return Number.parseInt(text, 16)
}

/** @throws FormatError if a name or value cannot be written, since the format has no way to escape */
export function formatDescriptor(descriptor: Descriptor): string {
  const { version, cid, parentCid, createType, extents, ddb, settings } = descriptor
  return [
    signature,
    `version=${version}`,
    `CID=${hex(cid)}`,
    `parentCID=${hex(parentCid)}`,
    `createType=${quoted('createType', createType)}`,
    ...Object.entries(settings).map(([key, value]) => `${named(key)}=${quoted(key, value)}`),
    '',
    '# Extent description',
    ...extents.map(formatExtent),
    '',
    '# The Disk Data Base',
    '#DDB',
    '',
    ...Object.entries(ddb).map(([key, value]) => `${named(key)} = ${quoted(key, value)}`),
    '',
  ].join('\n')
}

function formatExtent({ access, sizeSectors, type, fileName, offsetSectors }: DescriptorExtent): string {
  const words = [access, String(sizeSectors), type]
  if (fileName !== undefined) words.push(quoted('extent', fileName))
  if (offsetSectors !== undefined) words.push(String(offsetSectors))
  return words.join(' ')
}

const hex = (id: number) => id.toString(16).padStart(8, '0')

function named(key: string): string {
  if (!/^[A-Za-z][\w.]*$/.test(key)) throw new FormatError(`"${key}" cannot be the name of a setting`)
  return key
}

function quoted(what: string, value: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are exactly what must not get in
  if (/["\u0000-\u001f\u007f]/.test(value))
    throw new FormatError(`${what}: ${JSON.stringify(value)} has a quote or a control character`)
  return `"${value}"`
}
