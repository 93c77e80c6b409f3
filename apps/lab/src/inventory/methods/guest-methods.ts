import type { AnyOf, ManagedObjectReference } from '@vmkeep/vsphere/types'
import { checkPrivileges } from '../../soap/check-privileges.ts'
import type { Call, Handlers } from '../../soap/call.ts'
import { VirtualMachine } from '../virtual-machine.ts'
import type { GuestSystem } from '../vm/guest-system.ts'

type GuestCall = Call<
  | 'ValidateCredentialsInGuest'
  | 'StartProgramInGuest'
  | 'ListProcessesInGuest'
  | 'TerminateProcessInGuest'
  | 'CreateTemporaryFileInGuest'
  | 'InitiateFileTransferFromGuest'
  | 'DeleteFileInGuest'
>

/** Source: vSphere Web Services API 8.0, "Required Privileges" of each parameter `vm`. Evidence: documented. */
const privileges = {
  query: 'VirtualMachine.GuestOperations.Query',
  execute: 'VirtualMachine.GuestOperations.Execute',
  modify: 'VirtualMachine.GuestOperations.Modify',
} as const

export const guestMethods: Handlers = {
  ValidateCredentialsInGuest: (call) => void enter(call, 'query'),

  StartProgramInGuest(call) {
    const { guest, user } = enter(call, 'execute')
    return guest.start(user, call.request.spec)
  },

  ListProcessesInGuest(call) {
    const { guest } = enter(call, 'query')
    return guest.list((call.request.pids ?? []).map(Number))
  },

  TerminateProcessInGuest(call) {
    const { guest, user } = enter(call, 'execute')
    guest.terminate(user, Number(call.request.pid))
  },

  CreateTemporaryFileInGuest(call) {
    const { guest, user } = enter(call, 'modify')
    return guest.files.createTemporary(user, call.request)
  },

  /**
   * vCenter names the host, whose certificate is its own; a host leaves its own name out.
   *
   * Source: GuestFileManager.InitiateFileTransferFromGuest, FileTransferInformation.url. Evidence: documented; the path: observed by users.
   */
  InitiateFileTransferFromGuest(call) {
    const { guest, user } = enter(call, 'query')
    const { id, token, size, owner } = guest.files.offer(user, call.request.guestFilePath)
    const { host } = call.world.inventory.getAs(VirtualMachine, call.request.vm, 'vm')
    const place = call.world.mode === 'vcenter' ? `127.0.0.1:${host.webPort}` : '*'
    const attributes = { $type: 'GuestPosixFileAttributes', ownerId: owner, permissions: 0o600 } as const
    return { attributes, size, url: `https://${place}/guestFile?id=${id}&token=${token}` }
  },

  DeleteFileInGuest(call) {
    const { guest, user } = enter(call, 'modify')
    guest.files.delete(user, call.request.filePath)
  },
}

interface Entered {
  readonly guest: GuestSystem
  readonly user: string
}

/** Lets a caller who may into a guest that knows them. @throws VimFault */
function enter(call: GuestCall, needs: keyof typeof privileges): Entered {
  const { vm: ref, auth }: { vm: ManagedObjectReference; auth: AnyOf<'GuestAuthentication'> } = call.request
  const vm = call.world.inventory.getAs(VirtualMachine, ref, 'vm')
  checkPrivileges(call, vm, [privileges[needs]])
  return { guest: vm.guestSystem, user: vm.guestSystem.login(auth) }
}
