import type { MethodName, Request, Response } from '@vmkeep/vsphere/types'
import { VimFault } from '../faults/vim-fault.ts'
import type { LabAction } from '../faults/lab-action.ts'
import type { LabObject } from '../inventory/lab-object.ts'
import type { World } from '../inventory/world.ts'
import type { Session } from './session.ts'
import type { ClientIdentity } from './session-store.ts'

/** What the HTTP side must do about cookies once a call has been answered. */
export interface CookieJar {
  session: Session | undefined
}

/** One call, decoded, on an object that exists, by somebody who may make it. */
export interface Call<M extends MethodName> {
  readonly world: World
  readonly method: M
  readonly target: LabObject
  readonly request: Omit<Request<M>, '_this'>
  /** Who calls; set by a login. */
  readonly cookie: CookieJar
  readonly client: ClientIdentity
  /** What a rule does to it, for the actions that only the method itself can play: those on its task. */
  readonly action: LabAction | undefined
  /** Aborts when the client has gone. */
  readonly signal: AbortSignal
}

export type Handler<M extends MethodName> = (call: Call<M>) => Response<M> | Promise<Response<M>>
export type Handlers = { readonly [M in MethodName]?: Handler<M> }

type Class<T> = abstract new (...args: never[]) => T

/** The call's target as the class its method is for. @throws VimFault `NotSupported` */
export function targetAs<T extends LabObject>(call: { readonly target: LabObject }, kind: Class<T>): T {
  if (call.target instanceof kind) return call.target
  throw new VimFault('NotSupported')
}

/** The session of a call. @throws VimFault `NotAuthenticated` */
export function sessionOf(call: { readonly cookie: CookieJar; readonly target: LabObject }): Session {
  if (call.cookie.session !== undefined) return call.cookie.session
  throw new VimFault('NotAuthenticated', { object: call.target.ref, privilegeId: 'System.View' })
}
