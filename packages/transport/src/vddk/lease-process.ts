import type { Clock } from '@vmkeep/kit'
import { findLibrary, type Login, type VddkLease, VddkPool } from '@vmkeep/vddk'
import { hostOfVm, type ManagedObjectReference, type Session } from '@vmkeep/vsphere'

/** One process per session, library and ESXi host: who shares a host's fate shares a process. */
const pools = new WeakMap<Session, VddkPool>()

export interface ProcessRequest {
  readonly session: Session
  readonly vm: ManagedObjectReference
  readonly clock: Clock
  readonly signal?: AbortSignal | undefined
}

/** A process of the library for the host that the VM runs on now, and the session as it is now. @throws `vddk.*` */
export async function leaseProcess(
  request: ProcessRequest,
  { library, configFile }: { readonly library: string; readonly configFile?: string | undefined },
): Promise<{ readonly lease: VddkLease; readonly login: Login }> {
  const { session, vm, clock, signal } = request
  const login = await loginFor(request)
  const host = await hostOfVm(session, vm, signal)
  const pool = pools.get(session) ?? new VddkPool()
  pools.set(session, pool)
  const key = JSON.stringify([library, configFile, host?.value])
  return { login, lease: await pool.acquire(key, { library: findLibrary(library), configFile, clock }) }
}

/** What the library is shown to work for a VM: the session as it is now. */
export async function loginFor({ session, vm, signal }: Omit<ProcessRequest, 'clock'>): Promise<Login> {
  const { cookie, thumbprintSha1 } = await session.handOver(signal)
  return {
    server: session.host,
    port: session.port,
    nfcHostPort: 902,
    thumbprint: thumbprintSha1,
    username: session.username,
    cookie: cookie.reveal(),
    vm: vm.value,
  }
}
