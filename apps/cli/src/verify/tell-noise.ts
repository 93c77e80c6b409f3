import type { Repository } from '@vmkeep/repository'
import type { NoisyDisk } from '@vmkeep/restore'
import type { VmPoint } from '@vmkeep/run'
import type { Messages } from '../output/messages.ts'

export const noiseIn = ({ point, vm, label }: NoisyDisk): string =>
  `point ${point}: ${label} of ${vm} seems to be noise: vSphere encrypts the disk, and its files were read past the host that has the key. ` +
  `Do not rely on it; back up with "vmkeep backup ${vm} --full"`

/** Warns before a restore of what is worth nothing. What cannot be read is for the restore to tell. */
export async function warnOfNoise(
  repository: Repository,
  point: VmPoint,
  { say, signal }: { readonly say: Messages; readonly signal: AbortSignal },
): Promise<void> {
  const { findNoise } = await import('@vmkeep/restore')
  const noisy = await findNoise(repository, point, signal).catch(() => [])
  signal.throwIfAborted()
  for (const disk of noisy) say.warn(noiseIn(disk))
}
