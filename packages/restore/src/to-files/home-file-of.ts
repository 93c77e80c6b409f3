import type { VmHomeFile, VmPoint } from '@vmkeep/run'
import { fail } from '../errors.ts'

/** The files of a VM's home that can be restored by themselves. */
export const homeFileKinds = ['vmx', 'nvram'] as const
export type HomeFile = (typeof homeFileKinds)[number]

/** @throws `restore.no-such-file` if the point does not have it: a VM that was never on has no nvram */
export function homeFileOf(point: VmPoint, wanted: HomeFile): VmHomeFile {
  const kind = wanted === 'vmx' ? 'config' : wanted // as vSphere calls it
  const found = point.homeFiles.find((file) => file.kind === kind)
  if (found === undefined) {
    const files = point.homeFiles.map(({ name }) => name).join(', ')
    throw fail('restore.no-such-file', { point: point.id, file: wanted, files: files === '' ? 'none' : files })
  }
  return found
}
