// What a selector can ask, and of which kind each answer is.
import type { Tag, VmFacts } from './facts.ts'

/** Text: patterns and regular expressions. A path is matched by what lies above it, too. Numbers and sizes are compared. */
export type FieldKind = 'text' | 'path' | 'number' | 'size' | 'flag'

export interface Field {
  readonly kind: FieldKind
  readonly help: string
  /** All there is to compare with: a VM has many tags, and may have no host. */
  readonly values: (vm: VmFacts) => readonly (string | number | boolean)[]
}

const known = <T>(value: T | undefined): readonly T[] => (value === undefined ? [] : [value])
const folderOf = (path: string) => path.slice(0, Math.max(0, path.lastIndexOf('/')))
const spellings = ({ category, name }: Tag) => (category === '' ? [name] : [name, `${category}:${name}`])

export const fields: Readonly<Record<string, Field>> = {
  name: { kind: 'text', help: 'the name', values: (vm) => [vm.name] },
  path: { kind: 'path', help: 'the inventory path, or a folder above it', values: (vm) => [vm.path] },
  folder: { kind: 'path', help: 'the folder, or one above it', values: (vm) => [folderOf(vm.path)] },
  uuid: { kind: 'text', help: 'the instance uuid', values: (vm) => known(vm.uuid) },
  vcenter: { kind: 'text', help: 'its vCenter or host, as the config calls it', values: (vm) => known(vm.vcenter) },
  datacenter: { kind: 'text', help: 'the datacenter', values: (vm) => known(vm.datacenter) },
  cluster: { kind: 'text', help: 'the cluster', values: (vm) => known(vm.cluster) },
  host: { kind: 'text', help: 'the ESXi host', values: (vm) => known(vm.host) },
  pool: { kind: 'path', help: 'the resource pool, or one above it', values: (vm) => known(vm.pool) },
  datastore: { kind: 'text', help: 'a datastore that it uses', values: (vm) => vm.datastores },
  tag: { kind: 'text', help: 'a tag, as NAME or CATEGORY:NAME', values: (vm) => vm.tags.flatMap(spellings) },
  power: { kind: 'text', help: 'on, off or suspended', values: (vm) => known(vm.power) },
  template: { kind: 'flag', help: 'yes or no', values: (vm) => [vm.template] },
  guest: { kind: 'text', help: 'the guest operating system', values: (vm) => known(vm.guest) },
  cpus: { kind: 'number', help: 'how many virtual processors', values: (vm) => known(vm.cpus) },
  memory: { kind: 'size', help: 'memory, such as 8GiB', values: (vm) => known(vm.memoryBytes) },
  disks: { kind: 'number', help: 'how many disks', values: (vm) => known(vm.disks) },
  provisioned: { kind: 'size', help: 'what its disks may grow to', values: (vm) => known(vm.provisionedBytes) },
  used: { kind: 'size', help: 'what it takes on its datastores', values: (vm) => known(vm.usedBytes) },
}

const attributePrefix = 'attr.'

/** `attr.owner` is a custom attribute; its name goes without regard to case, as the whole language does. */
export function fieldNamed(name: string): Field | undefined {
  const lower = name.toLowerCase()
  if (Object.hasOwn(fields, lower)) return fields[lower]
  if (!lower.startsWith(attributePrefix) || lower.length === attributePrefix.length) return undefined
  const wanted = lower.slice(attributePrefix.length)
  const values = ({ attributes }: VmFacts) =>
    Object.entries(attributes).flatMap(([key, value]) => (key.toLowerCase() === wanted ? [value] : []))
  return { kind: 'text', help: 'a custom attribute', values }
}
