import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { World } from '../support/world.ts'
import { passphrase } from '../support/world.ts'
import type { VictimTask, VictimWork } from './victim-task.ts'

export interface Victim extends AsyncDisposable {
  /** How it ended: `SIGKILL`, or with what it said last. */
  readonly death: Promise<string>
  /** It has come to the event at which it was to signal itself. */
  readonly reached: Promise<unknown>
  kill(): void
}

export interface VictimOptions {
  readonly crashAt?: string
  readonly at?: VictimTask['at']
  /** Another one than the world's is another installation. */
  readonly stateFolder?: string
}

/** Starts a process that works on the world's lab, repository and state folder until it dies. */
export function startVictim(
  world: World,
  work: VictimWork,
  { crashAt = '', at, stateFolder = world.stateFolder }: VictimOptions = {},
): Victim {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'victim.ts')], {
    env: { ...process.env, VMKEEP_CRASH_AT: crashAt },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const said = text(child.stderr)
  const death = once(child, 'exit').then(async ([code, signal]) => signal ?? `exit ${code}: ${await said}`)
  const reached = Promise.race([
    once(child.stdout, 'data'),
    death.then((how) => Promise.reject(new Error(`it died before: ${how}`))),
  ])
  reached.catch(() => {}) // not everybody waits for it
  child.stdin.end(JSON.stringify(taskOf(world, stateFolder, work, at)))
  const kill = () => void child.kill('SIGKILL')
  return {
    death,
    reached,
    kill,
    async [Symbol.asyncDispose]() {
      kill()
      await death
    },
  }
}

function taskOf({ lab, folder }: World, stateFolder: string, work: VictimWork, at: VictimTask['at']): VictimTask {
  const { host, port, thumbprintSha256: thumbprint, username, password } = lab
  return {
    endpoint: { host, port, thumbprint, username, password },
    repositoryFolder: join(folder, 'repository'),
    passphrase: passphrase.reveal(),
    stateFolder,
    work,
    ...(at === undefined ? {} : { at }),
  }
}
