import type { AnyOf, ManagedObjectReference } from '@vmkeep/vsphere/types'
import { checkPrivileges } from '../../soap/check-privileges.ts'
import type { Call, Handlers } from '../../soap/call.ts'
import { VirtualMachine } from '../virtual-machine.ts'
import type { GuestSystem } from '../vm/guest-system.ts'

type GuestCall = Call<
  'ValidateCredentialsInGuest' | 'StartProgramInGuest' | 'ListProcessesInGuest' | 'TerminateProcessInGuest'
>

/** Source: vSphere Web Services API 8.0, "Required Privileges" of each parameter `vm`. Evidence: documented. */
const privileges = {
  query: 'VirtualMachine.GuestOperations.Query',
  execute: 'VirtualMachine.GuestOperations.Execute',
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
