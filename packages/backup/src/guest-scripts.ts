import { hasCode } from '@vmkeep/kit'
import type { Cause } from '@vmkeep/run'
import { isWindows, type Vm } from '@vmkeep/vsphere'
import { guestCommand, outputPlaceOf, whyOtherGuest } from './guest-command.ts'
import type { OutputWish } from './guest-output.ts'
import { runInGuest } from './guest-script.ts'
import type { BackupOptions, GuestScripts } from './options.ts'
import type { SnapshotContext } from './run-context.ts'
import type { ScriptMoment, ScriptPair, ScriptResult } from './scripts.ts'

const asleep = 'the guest does not run, so there is nothing to bring to rest'
const locking = 'the guest had refused the login, and is not asked again, so as not to lock the account'

/** The policy's scripts inside of a VM. In one that does not run there is nothing to do for them. */
export const guestScriptsFor = (run: SnapshotContext, vm: Vm, scripts: GuestScripts): ScriptPair => ({
  where: 'guest',
  pre: scripts.pre,
  post: scripts.post,
  ifPreFails: scripts.ifPreFails,
  whyNot: vm.powerState === 'poweredOn' ? undefined : asleep,
  whyNoPost: (cause) => (hasCode(cause, 'vsphere.guest-login-refused') ? locking : undefined),
  async run(path, moment): Promise<ScriptResult> {
    const refusal = whyOtherGuest(path, { windows: isWindows(vm) })
    if (refusal !== undefined) return { failure: refusal, output: '' }
    const words = wordsOf(run, moment)
    return runInGuest({
      session: run.session,
      vm: vm.ref,
      login: await scripts.login(),
      command: (output) => guestCommand(path, words, output),
      words: words.join(' '),
      output: outputOf(path, scripts),
      mark: run.runId,
      attemptsMax: attemptsMax(vm, moment),
      timeoutMs: scripts.timeoutSeconds * 1000,
      clock: run.clock,
      random: run.random,
      ...(moment.phase === 'pre' && { signal: moment.signal }),
    })
  },
})

function outputOf(path: string, { output = 'failed' }: GuestScripts): OutputWish | undefined {
  const place = outputPlaceOf(path)
  return output === 'never' || place === undefined ? undefined : { when: output, place }
}

/** Tools may be silent while they bring a guest back from its rest: what is frozen is worth all the time there is. */
const attemptsMax = ({ toolsRunning }: Vm, { phase }: ScriptMoment): number =>
  !toolsRunning ? 1 : phase === 'post' ? Infinity : 5

/** What can be seen beforehand: why the policy's scripts cannot run in this guest. */
export function guestScriptWarnings(vm: Vm, { guestScripts }: Pick<BackupOptions, 'guestScripts'>): Cause[] {
  if (guestScripts === undefined || vm.powerState !== 'poweredOn' || vm.template) return []
  const { pre, post } = guestScripts
  const silent = 'VMware Tools are not running, so the scripts in the guest cannot be run. Install or start them.'
  const paths = [pre, post].flatMap((path) => {
    const why = path && whyOtherGuest(path, { windows: isWindows(vm) })
    return why === undefined || why === '' ? [] : [{ code: 'guest-script-path', message: `${path}: ${why}` }]
  })
  return [...(vm.toolsRunning ? [] : [{ code: 'guest-script-tools', message: silent }]), ...paths]
}

/** Words and not an environment: vSphere would put it in the place of the guest's own. */
const wordsOf = ({ runId }: SnapshotContext, moment: ScriptMoment): string[] =>
  moment.phase === 'pre' ? ['pre', runId] : ['post', runId, moment.snapshot]
