// What a file that is being written is called, so that anybody can tell whose it is:
//
//   web-01-scsi0-0.raw.4711-8123456-1a2b3c4d5e6f-9f3e2c1a.partial
//   └ its name when it is whole  └ process, start time, pid space, random
//
// In plain sight: whoever looks into the folder sees it grow, and that it is not whole.
import type { ProcessOwner, Random } from '@vmkeep/kit'

export interface PartialName {
  /** The file's name when it is whole, shortened if that is too long: see {@link shortened}. */
  readonly wholeName: string
  readonly owner: ProcessOwner
  /** `undefined` where the system did not tell. */
  readonly space: string | undefined
}

/** The longest name that file systems take. Source: limits.h(0p), NAME_MAX on Linux. Evidence: documented. */
const nameBytesMax = 255
const suffixBytesMax = 64
const noSpace = 'x'

export function partialName({ wholeName, owner: { pid, startTicks }, space }: PartialName, random: Random): string {
  const once = Buffer.from(random.bytes(4)).toString('hex')
  return `${shortened(wholeName)}.${pid}-${startTicks}-${space ?? noSpace}-${once}.partial`
}

/**
 * `undefined` for a name that {@link partialName} has not made. No process is 0, which would ask about a whole group of them,
 * or beyond 2²²: Source: proc(5), pid_max. Evidence: documented.
 */
export function parsePartialName(name: string): PartialName | undefined {
  const found = /^(.+)\.([1-9]\d{0,6})-(\d{1,16})-([0-9a-f]{12}|x)-[0-9a-f]{8}\.partial$/su.exec(name)
  if (found === null) return undefined
  const [, wholeName = '', pid, startTicks, space] = found
  return {
    wholeName,
    owner: { pid: Number(pid), startTicks: Number(startTicks) },
    space: space === noSpace ? undefined : space,
  }
}

/** As much of a name as leaves room for the rest of a partial one, cut between two characters. */
export function shortened(name: string): string {
  let short = name
  while (Buffer.byteLength(short) > nameBytesMax - suffixBytesMax) short = short.replace(/.$/su, '')
  return short
}
