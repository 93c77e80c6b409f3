import type { TrackingReport } from '@vmkeep/backup'
import type { Session } from '@vmkeep/vsphere'
import { guardsOf } from './backup-options.ts'
import type { BaseContext } from './command.ts'
import type { Config } from './config/schema.ts'
import { argument, text } from './parameters.ts'
import { stateFolderOf } from './state-folder.ts'

export const trackedVm = { vm: argument(text('VM'), 'a name, inventory path, uuid or reference') }

type Given = Pick<BaseContext, 'out' | 'progress' | 'signal' | 'world' | 'clock' | 'random'> & {
  readonly arguments: { readonly vm: string }
  readonly config: { readonly config: Config }
  readonly session: Session
}

/** What `vm cbt enable`, `disable` and `reset` have in common. */
export async function switchTrackingOf(given: Given, wanted: 'on' | 'off' | 'reset'): Promise<'ok' | 'partial'> {
  const { session, config, out, progress, signal, world, clock, random } = given
  const { resolveVm } = await import('@vmkeep/vsphere')
  const { switchTracking } = await import('@vmkeep/backup')
  const vm = await resolveVm(session, given.arguments.vm, signal)
  const stateFolder = stateFolderOf(config.config, world)
  const report = await switchTracking(
    {
      session,
      vm,
      guards: guardsOf(config.config.backup),
      stateFolder,
      onEvent: progress.onEvent,
      signal,
      clock,
      random,
    },
    wanted,
  )
  await out.answer(report, () => describe(report, wanted))
  return report.leftover === undefined ? 'ok' : 'partial'
}

function describe({ vm, after }: TrackingReport, wanted: 'on' | 'off' | 'reset'): string {
  const done = { on: 'on', off: 'off', reset: 'started anew' }[wanted]
  const next =
    wanted === 'off'
      ? 'every backup reads whole disks'
      : 'the next backup reads whole disks, those after it what changed'
  const untracked = wanted === 'off' ? [] : after.filter(({ changeId }) => changeId === undefined)
  return [
    `${vm}: change tracking is ${done}; ${next}, and only what differs is stored`,
    ...untracked.map(
      ({ label }) => `${label} is not tracked: vSphere gives no change id for it (is it independent, or a raw device?)`,
    ),
  ].join('\n')
}
