import type { Consistency, QuiesceOptions } from '@vmkeep/vsphere'
import type { BackupOptions, MemoryPolicy, VssOptions } from './options.ts'

/** One try at a snapshot: how it is asked for, and what it should be then. */
export interface Rung {
  readonly wants: Consistency
  readonly quiesce: false | QuiesceOptions
  /** With the guest's memory. */
  readonly memory?: boolean
}

export interface QuiesceLadder {
  /** Tried in turn while the guest refuses to come to rest. */
  readonly rungs: readonly [Rung, ...Rung[]]
  /** A snapshot that turns out to be less is not backed up. */
  readonly least: Consistency
}

const crash: Rung = { wants: 'crash', quiesce: false }

export const noQuiesce: QuiesceLadder = { rungs: [crash], least: 'crash' }

/**
 * What a policy means for a guest. Only Windows has VSS, by which applications are told; the most another guest can do is to rest its
 * file systems, and so a strict policy is content with that there. Pure.
 */
export function quiesceLadderOf(
  { quiesce, quiesceTimeoutMinutes: timeoutMinutes, vss = defaultVss }: QuiesceSettings,
  { windows }: { readonly windows: boolean },
): QuiesceLadder {
  const plain: Rung = { wants: 'quiesced', quiesce: { timeoutMinutes } }
  const by = (context: 'ctx_auto' | 'ctx_backup' | 'ctx_file_share_backup', wants: Consistency): Rung => ({
    wants,
    quiesce: { timeoutMinutes, windows: { ...windowsOf(vss), context } },
  })
  switch (quiesce) {
    case 'off':
      return noQuiesce
    case 'prefer':
      return { rungs: [plain, crash], least: 'crash' }
    case 'require':
      return { rungs: [plain], least: 'quiesced' }
    case 'application':
      return {
        rungs: windows
          ? [by('ctx_auto', 'application'), by('ctx_file_share_backup', 'quiesced'), crash]
          : [plain, crash],
        least: 'crash',
      }
    case 'require-application':
      return windows
        ? { rungs: [by('ctx_backup', 'application')], least: 'application' }
        : { rungs: [plain], least: 'quiesced' }
  }
}

/** Memory first; where vSphere refuses that, as without, unless it is demanded. A snapshot with memory is never quiesced. Pure. */
export function withMemoryFirst({ rungs, least }: QuiesceLadder, memory: MemoryPolicy): QuiesceLadder {
  if (memory === 'off') return { rungs, least }
  const first: Rung = { ...crash, memory: true }
  return { rungs: memory === 'require' ? [first] : [first, ...rungs], least }
}

export type QuiesceSettings = Pick<BackupOptions, 'quiesce' | 'quiesceTimeoutMinutes' | 'vss'>

/** As VMware Tools do by themselves. Source: Virtual Disk Programming Guide, "Working with Microsoft Shadow Copy". Evidence: documented. */
const defaultVss: VssOptions = { backupType: 'copy', bootableSystemState: true, partialFileSupport: false }

/** Source: Microsoft, VSS_BACKUP_TYPE. Evidence: documented. */
const backupTypes = { full: 1, incremental: 2, differential: 3, log: 4, copy: 5 } as const

const windowsOf = ({ backupType, ...rest }: VssOptions) => ({ backupType: backupTypes[backupType], ...rest })

const ranks: readonly Consistency[] = ['crash', 'quiesced', 'application']

export const isLess = (one: Consistency, other: Consistency): boolean => ranks.indexOf(one) < ranks.indexOf(other)
