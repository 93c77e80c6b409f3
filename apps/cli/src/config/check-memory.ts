import type { z } from 'zod'

interface Wish {
  readonly memory?: 'off' | 'prefer' | 'require' | undefined
  readonly quiesce?: string | undefined
}

/** Whether a guest can be snapshotted so: vSphere quiesces none whose memory it keeps. Pure. */
export const excludeEachOther = ({ memory = 'off', quiesce = 'off' }: Wish): boolean =>
  memory !== 'off' && quiesce !== 'off' && quiesce !== 'prefer'

/** What two keys tell only together, the backup's own and those that a policy puts in their place. */
export function checkMemory(
  { backup, policies }: { readonly backup: Wish; readonly policies: readonly Wish[] },
  { addIssue }: Pick<z.RefinementCtx, 'addIssue'>,
): void {
  const refuse = (path: PropertyKey[], { memory, quiesce }: Wish) => {
    const message = `"memory: ${memory}" and "quiesce: ${quiesce}" exclude each other; beside memory, quiesce can be off or prefer`
    addIssue({ code: 'custom', path: [...path, 'memory'], message })
  }
  if (excludeEachOther(backup)) refuse(['backup'], backup)
  for (const [at, policy] of policies.entries()) {
    const both = { memory: policy.memory ?? backup.memory, quiesce: policy.quiesce ?? backup.quiesce }
    const says = policy.memory !== undefined || policy.quiesce !== undefined
    if (says && excludeEachOther(both)) refuse(['policies', at], both)
  }
}
