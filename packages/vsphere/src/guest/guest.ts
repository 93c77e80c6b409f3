import type { Secret } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import { readProperties } from '../properties/read-properties.ts'
import type { Session } from '../session/session.ts'
import { readGuestFile } from './read-guest-file.ts'
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
  readonly files: ManagedObjectReference | undefined
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

  /** Makes an empty file of a name that nobody has, for this account alone, and gives its path. In the guest's own folder for such, if none is named. */
  async createTemporaryFile(
    {
      prefix,
      suffix,
      folder,
    }: { readonly prefix: string; readonly suffix: string; readonly folder?: string | undefined },
    signal?: AbortSignal,
  ): Promise<string> {
    const where = folder === undefined ? {} : { directoryPath: folder }
    const request = { ...this.#target, _this: this.#files(), prefix, suffix, ...where }
    return this.#session.call('CreateTemporaryFileInGuest', request, { signal })
  }

  /** The end of a file, however long it is. @throws `vsphere.bad-answer`, `vsphere.file-refused` */
  async readEnd(path: string, bytesMax: number, signal?: AbortSignal): Promise<Buffer> {
    const request = { ...this.#target, _this: this.#files(), guestFilePath: path }
    const { url } = await this.#session.call('InitiateFileTransferFromGuest', request, { signal })
    return await readGuestFile(this.#session, { vm: this.#vm, url, path, bytesMax }, signal)
  }

  async deleteFile(path: string, signal?: AbortSignal): Promise<void> {
    await this.#session.call('DeleteFileInGuest', { ...this.#target, _this: this.#files(), filePath: path }, { signal })
  }

  #files(): ManagedObjectReference {
    const { files } = this.#managers
    if (files === undefined) throw fail('vsphere.guest-operations-missing', { host: this.#session.host })
    return files
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
  const request = { type: 'GuestOperationsManager', paths: ['authManager', 'processManager', 'fileManager'] } as const
  const found = ref && (await readProperties(session, { ...request, ref }, signal))
  if (found?.authManager === undefined || found.processManager === undefined)
    throw fail('vsphere.guest-operations-missing', { host: session.host })
  return { auth: found.authManager, processes: found.processManager, files: found.fileManager }
}
