import type { AnyOf, DataObject } from '@vmkeep/vsphere/types'
import type { GuestDescription, GuestProgram } from '../../config/vm-description.ts'
import { VimFault } from '../../faults/vim-fault.ts'
import type { VirtualMachine } from '../virtual-machine.ts'
import { GuestFiles } from './guest-files.ts'
import { mustBe } from './power.ts'
import { isWindows } from './quiesce-guest.ts'

/** A program somebody started in the guest. */
export interface GuestProcess {
  readonly pid: number
  readonly owner: string
  readonly path: string
  readonly arguments: string
  readonly startMs: number
  /** How many snapshots the VM had then: what a test asks about freezing and thawing. */
  readonly snapshotsAtStart: number
  /** Undefined while it runs. */
  readonly end: { readonly atMs: number; readonly exitCode: number } | undefined
}

interface Running {
  readonly process: Omit<GuestProcess, 'end'>
  endMs: number
  exitCode: number
}

/** Source: GuestProcessManager.StartProgramInGuest: exit code and end time "available for 5 minutes". Evidence: documented. */
const rememberedMs = 5 * 60_000

const redirection = /^(.*) > (?:"([^"]+)"|(\S+)) 2>&1"?$/

/** What an end by TerminateProcessInGuest looks like: SIGTERM on Linux. Evidence: inferred. */
const terminatedCode = 143

/** The make-believe system inside of a VM, as VMware Tools show it: users, programs and what they write; no file system. */
export class GuestSystem {
  readonly files: GuestFiles
  readonly #vm: VirtualMachine
  readonly #processes: Running[] = []
  #described: GuestDescription = {}
  #nextPid = 1000

  constructor(vm: VirtualMachine) {
    this.#vm = vm
    this.files = new GuestFiles(vm)
  }

  get described(): GuestDescription {
    return this.#described
  }

  describe(described: GuestDescription): void {
    this.#described = described
  }

  get started(): readonly GuestProcess[] {
    return this.#processes.map((each) => ({ ...each.process, end: this.#endOf(each) }))
  }

  /**
   * Who this is in the guest.
   *
   * Source: GuestAuthManager.ValidateCredentialsInGuest, and the faults of every method beside it. Evidence: documented; their order: inferred.
   *
   * @throws VimFault `InvalidPowerState`, `GuestOperationsUnavailable`, `OperationNotSupportedByGuest`, `InvalidGuestLogin`
   */
  login(auth: AnyOf<'GuestAuthentication'>): string {
    mustBe(this.#vm, ['on'])
    if (this.#vm.toolsState !== 'running') throw new VimFault('GuestOperationsUnavailable')
    if (auth.$type !== 'NamePasswordAuthentication') throw new VimFault('OperationNotSupportedByGuest')
    if (auth.interactiveSession) throw new VimFault('InvalidGuestLogin') // nobody sits at its desktop
    const user = this.#described.users?.find(({ name }) => name === auth.username)
    if (user === undefined || user.password !== auth.password) throw new VimFault('InvalidGuestLogin')
    return user.name
  }

  /**
   * A redirection is the shell's: the program does not see it, and neither does who lists it.
   *
   * Source: GuestProgramSpec.arguments. Evidence: documented.
   *
   * @throws VimFault `InvalidArgument`, `FileNotFound`, `GuestPermissionDenied`
   */
  start(owner: string, { programPath, arguments: given }: DataObject<'GuestProgramSpec'>): number {
    if (programPath === '') throw new VimFault('InvalidArgument', { invalidProperty: 'programPath' })
    const program = this.#find(programPath, given)
    if (program === undefined) throw new VimFault('FileNotFound', { file: programPath })
    if (program.onlyFor !== undefined && program.onlyFor !== owner) throw new VimFault('GuestPermissionDenied')
    const [, own = given, quoted, plain] = redirection.exec(given) ?? []
    const output = quoted ?? plain
    if (output !== undefined) this.files.write(owner, output, program.writes ?? '')
    const startMs = this.#vm.world.clock.nowMs()
    const pid = ++this.#nextPid
    const snapshotsAtStart = this.#vm.snapshots.length
    this.#processes.push({
      process: {
        pid,
        owner,
        path: programPath,
        arguments: own + (given.endsWith('"') && output !== undefined ? '"' : ''),
        startMs,
        snapshotsAtStart,
      },
      endMs: startMs + (program.runsMs ?? 0),
      exitCode: program.exitCode ?? 0,
    })
    return pid
  }

  /** Those that run, and those that ended not long ago. What does not exist is left out. */
  list(pids: readonly number[]): DataObject<'GuestProcessInfo'>[] {
    const nowMs = this.#vm.world.clock.nowMs()
    const known = this.started.filter(({ end }) => end === undefined || nowMs - end.atMs <= rememberedMs)
    return [this.#init(), ...known.map(infoOf)].filter(
      ({ pid }) => pids.length === 0 || pids.some((wanted) => wanted === Number(pid)),
    )
  }

  /** @throws VimFault `GuestProcessNotFound`, `GuestPermissionDenied` */
  terminate(owner: string, pid: number): void {
    const found = this.#processes.find((each) => each.process.pid === pid && this.#endOf(each) === undefined)
    if (found === undefined) throw new VimFault('GuestProcessNotFound', { pid })
    if (found.process.owner !== owner) throw new VimFault('GuestPermissionDenied')
    found.endMs = this.#vm.world.clock.nowMs()
    found.exitCode = terminatedCode
  }

  #endOf({ endMs, exitCode }: Running): GuestProcess['end'] {
    return endMs <= this.#vm.world.clock.nowMs() ? { atMs: endMs, exitCode } : undefined
  }

  /** A shell of Windows runs a script that it is given; any other guest runs the path itself. */
  #find(programPath: string, given: string): GuestProgram | undefined {
    const { programs = [] } = this.#described
    const named = programs.find(({ path }) => path === programPath)
    return named ?? (isWindows(this.#vm) ? programs.find(({ path }) => given.includes(path)) : undefined)
  }

  #init(): DataObject<'GuestProcessInfo'> {
    const name = isWindows(this.#vm) ? 'System' : 'systemd'
    return { name, pid: 1, owner: 'root', cmdLine: name, startTime: this.#vm.bootTime }
  }
}

function infoOf({ path, pid, owner, arguments: given, startMs, end }: GuestProcess): DataObject<'GuestProcessInfo'> {
  return {
    name: path.split(/[\\/]/).at(-1)!,
    pid,
    owner,
    cmdLine: `"${path}" ${given}`,
    startTime: new Date(startMs).toISOString(),
    ...(end !== undefined && { endTime: new Date(end.atMs).toISOString(), exitCode: end.exitCode }),
  }
}
