import { existsSync } from 'node:fs'
import { fail } from '../errors.ts'
import type { DiskDescription, VmDescription } from './vm-description.ts'

const units: Readonly<Record<string, number>> = { KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 }

/**
 * Reads a VM as it is written on a command line: `name=image.raw`, `name=10GiB`, and `name=system.raw,data.raw,20GiB` for several
 * disks. Without disks: `name`.
 *
 * @throws `lab.bad-vm-argument`
 */
export function parseVmArgument(argument: string): VmDescription {
  const [, name = '', , disks = ''] = /^([^=]*)(=(.*))?$/s.exec(argument)!
  if (name.trim() === '') throw fail('lab.bad-vm-argument', { argument, why: 'it has no name' })
  if (disks === '') return { name }
  return { name, disks: disks.split(',').map((text) => parseDisk(argument, text.trim())), cbt: true }
}

function parseDisk(argument: string, text: string): DiskDescription {
  const [, amount, unit = ''] = /^(\d+)(KiB|MiB|GiB|TiB)$/.exec(text) ?? []
  if (amount !== undefined) return { capacityBytes: Number(amount) * units[unit]! }
  if (text === '' || !existsSync(text))
    throw fail('lab.bad-vm-argument', { argument, why: `the image "${text}" is not there` })
  return { image: text }
}
