import { access, constants, mkdir } from 'node:fs/promises'
import { type PastRun, readJournals } from '@vmkeep/run'
import { count } from '../output/human.ts'
import { type Finding, findingsOn } from './finding.ts'

/** The state folder, and what interrupted runs on this machine have left behind according to their journals. */
export async function checkState(stateFolder: string): Promise<Finding[]> {
  const { ok, warn, failed } = findingsOn('this machine')
  let runs: PastRun[]
  try {
    await mkdir(stateFolder, { recursive: true, mode: 0o700 })
    await access(stateFolder, constants.W_OK | constants.X_OK)
    runs = await readJournals(stateFolder)
  } catch (error) {
    const remedy = `make ${stateFolder} writable for this user, or name another folder with stateFolder or VMKEEP_STATE_DIR`
    return [failed('state folder', error, remedy)]
  }
  const all = runs.filter(({ alive }) => !alive).flatMap(({ outstanding }) => outstanding)
  const left = all.filter(({ kind }) => kind !== 'frozen')
  const running = runs.filter(({ alive }) => alive).length
  const vms = [...new Set(left.map(({ vmName }) => vmName))].join(', ')
  return [
    ok('state folder', `${stateFolder} is writable`),
    ...(running === 0 ? [] : [ok('runs', `${count(running, 'run')} under way on this machine`)]),
    left.length === 0
      ? ok('journals', 'no interrupted run has left anything behind')
      : warn(
          'journals',
          `an interrupted run may have left ${count(left.length, 'thing')} in vSphere, on ${vms}`,
          'run "vmkeep doctor --fix"; the next backup or restore removes it as well',
        ),
    ...all.flatMap(({ vmName, thaw }) =>
      thaw === undefined
        ? []
        : warn(
            'scripts',
            `a run was interrupted between the scripts around the snapshot of ${vmName}, so applications of it may be frozen`,
            `run ${thaw.script} ${thaw.where === 'guest' ? 'in the guest' : 'on this machine'}, or back the VM up, which ends with it`,
          ),
    ),
  ]
}
