import type { Secret } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import { readProperties } from '../properties/read-properties.ts'
import type { Session } from '../session/session.ts'
import type { AnyOf, DataObject, ManagedObjectReference } from '../types/index.ts'

/** An account of the guest itself, not of vSphere. */
export interface GuestLogin {
  readonly username: string
  readonly password: Secret
}

export interface GuestProgram {
  /** An absolute path in the guest. */
  readonly path: string
  /** As one text; in other guests than Windows a shell reads it. */
  readonly arguments: string
}

export interface GuestProcess {
  readonly pid: number | bigint
  readonly commandLine: string
  readonly ended: boolean
  /** Undefined while it runs, or if the guest does not know. */
  readonly exitCode?: number | undefined
}

interface Managers {
  readonly auth: ManagedObjectReference
  readonly processes: ManagedObjectReference
}

/**
 * A VM's guest, entered with an account of its own through VMware Tools. Nothing of it has to be closed.
 *
 * What every call throws: `vsphere.guest-login-refused`, `vsphere.guest-unavailable` (Tools do not answer),
 * `vsphere.guest-operation-refused`, `vsphere.guest-file-refused`, `vsphere.invalid-state` (the VM is off).
 */
export class Guest {
  readonly #session: Session
  readonly #managers: Managers
  readonly #vm: ManagedObjectReference
  readonly #login: GuestLogin

  private constructor(session: Session, managers: Managers, vm: ManagedObjectReference, login: GuestLogin) {
    this.#session = session
    this.#managers = managers
    this.#vm = vm
    this.#login = login
  }

  /** Asks the guest whether it knows this account. */
  static async enter(
    session: Session,
    vm: ManagedObjectReference,
    login: GuestLogin,
    signal?: AbortSignal,
  ): Promise<Guest> {
    const guest = new Guest(session, await managersOf(session, signal), vm, login)
    const { auth } = guest.#managers
    await session.call('ValidateCredentialsInGuest', { _this: auth, vm, auth: guest.#auth }, { signal })
    return guest
  }

  /** Starts a program and gives its process id. After `vsphere.reply-lost` it may run: look for it with {@link find}. */
  async start({ path, arguments: given }: GuestProgram): Promise<number | bigint> {
    const spec = { $type: 'GuestProgramSpec', programPath: path, arguments: given } as const
    return this.#session.call('StartProgramInGuest', { ...this.#target, spec })
  }

  /** A process that runs or ended within the last five minutes. Source: GuestProcessManager, documented. */
  async process(pid: number | bigint, signal?: AbortSignal): Promise<GuestProcess | undefined> {
    return (await this.#list([pid], signal))[0]
  }

  async find(matches: (process: GuestProcess) => boolean, signal?: AbortSignal): Promise<GuestProcess | undefined> {
    return (await this.#list([], signal)).find(matches)
  }

  async end(pid: number | bigint): Promise<void> {
    await this.#session.call('TerminateProcessInGuest', { ...this.#target, pid })
  }

  async #list(pids: readonly (number | bigint)[], signal: AbortSignal | undefined): Promise<GuestProcess[]> {
    return ((await this.#session.call('ListProcessesInGuest', { ...this.#target, pids }, { signal })) ?? []).map(
      processOf,
    )
  }

  get #target() {
    return { _this: this.#managers.processes, vm: this.#vm, auth: this.#auth }
  }

  get #auth(): AnyOf<'GuestAuthentication'> {
    const { username, password } = this.#login
    return { $type: 'NamePasswordAuthentication', interactiveSession: false, username, password: password.reveal() }
  }
}

const processOf = ({ pid, cmdLine, endTime, exitCode }: DataObject<'GuestProcessInfo'>): GuestProcess => ({
  pid,
  commandLine: cmdLine,
  ended: endTime !== undefined || exitCode !== undefined,
  exitCode,
})

async function managersOf(session: Session, signal: AbortSignal | undefined): Promise<Managers> {
  const ref = session.content.guestOperationsManager
  const request = { type: 'GuestOperationsManager', paths: ['authManager', 'processManager'] } as const
  const found = ref && (await readProperties(session, { ...request, ref }, signal))
  if (found?.authManager === undefined || found.processManager === undefined)
    throw fail('vsphere.guest-operations-missing', { host: session.host })
  return { auth: found.authManager, processes: found.processManager }
}
