import { existsSync } from 'node:fs'
import { fail } from '../errors.ts'
import type { DiskDescription, VmDescription } from './vm-description.ts'

const units: Readonly<Record<string, number>> = { KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 }

/**
 * Reads a VM as it is written on a command line: `name=image.raw` for a raw image, `name=10GiB` for an empty disk,
 * `name=ext4:2GiB` for one with a file system, `name=pattern:1TiB` for one with bytes of any kind; several with commas between
 * them. Without disks: `name`.
 *
 * @throws `lab.bad-vm-argument`
 */
export function parseVmArgument(argument: string): VmDescription {
  const [, name = '', , disks = ''] = /^([^=]*)(=(.*))?$/s.exec(argument)!
  if (name.trim() === '') throw fail('lab.bad-vm-argument', { argument, why: 'it has no name' })
  if (disks === '') return { name }
  return { name, disks: disks.split(',').map((text, i) => parseDisk(argument, `${name}-${i}`, text.trim())), cbt: true }
}

function parseDisk(argument: string, name: string, text: string): DiskDescription {
  const [, kind, amount, unit = ''] = /^(?:(ext4|pattern):)?(\d+)(KiB|MiB|GiB|TiB)$/.exec(text) ?? []
  const capacityBytes = Number(amount) * (units[unit] ?? 1)
  if (kind === 'ext4' || kind === 'pattern') return { generate: { kind, capacityBytes, seed: name } }
  if (amount !== undefined) return { capacityBytes }
  if (text === '' || !existsSync(text))
    throw fail('lab.bad-vm-argument', { argument, why: `the image "${text}" is not there` })
  return { image: text }
}
