import { matchesGlob } from '@vmkeep/kit'
import type { DamagedPoint, Repository, RestorePoint } from '@vmkeep/repository'
import type { VmPoint } from '@vmkeep/run'
import { fail } from '../errors.ts'

/** All points whose VM goes by one of these names, globs or instance uuids; all of them if there are none. Damaged points always come along. */
export async function findPoints(
  repository: Repository,
  vms: readonly string[],
  signal: AbortSignal,
): Promise<(RestorePoint | DamagedPoint)[]> {
  const found: (RestorePoint | DamagedPoint)[] = []
  for await (const point of repository.points(signal))
    if (point.damaged !== undefined || isOfAny(point, vms)) found.push(point)
  return found
}

/** The point a person means: its id or the beginning of it, or the newest of a VM. @throws `cli.no-point`, `repository.point-…` */
export async function choosePoint(
  repository: Repository,
  wanted: { readonly vm: string | undefined; readonly point: string | undefined },
  signal: AbortSignal,
): Promise<VmPoint> {
  const { vmPointOf } = await import('@vmkeep/run') // brings vSphere along: listing points starts faster without
  const { vm, point } = wanted
  if (point !== undefined) {
    const found = await repository.point(point, signal)
    if (vm !== undefined && !isOf(found, vm))
      throw fail('cli.point-of-other-vm', { point: found.id, vm, other: found.subject.name })
    return vmPointOf(found)
  }
  const all = await findPoints(repository, vm === undefined ? [] : [vm], signal)
  const whole = all.filter((each): each is RestorePoint => each.damaged === undefined)
  const subjects = new Map(whole.map(({ subject }) => [subject.id, subject.name]))
  if (subjects.size > 1)
    throw fail('cli.vm-ambiguous', { name: vm ?? '', candidates: [...subjects].map(([id, name]) => `${name} (${id})`) })
  const newest = whole.at(-1)
  if (newest === undefined) throw fail('cli.no-point', { vm: vm ?? '', damaged: all.length })
  return vmPointOf(newest)
}

/** Whether the point's VM goes by one of these names; without names, every VM does. */
export const isOfAny = (point: RestorePoint, vms: readonly string[]): boolean =>
  vms.length === 0 || vms.some((vm) => isOf(point, vm))

const isOf = ({ subject }: RestorePoint, vm: string) =>
  subject.id === vm.toLowerCase() || subject.name === vm || matchesGlob(vm, subject.name)
