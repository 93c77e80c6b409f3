import { ServiceInstance } from '../inventory/services.ts'
import { VimFault } from '../faults/vim-fault.ts'
import { Task } from '../tasks/task.ts'
import { type Call, type Handlers, sessionOf, targetAs } from './call.ts'
import type { Session } from './session.ts'
import { userSession } from './user-session.ts'

export const serviceMethods: Handlers = {
  RetrieveServiceContent: (call) => targetAs(call, ServiceInstance).content,
  CurrentTime: ({ world }) => world.clock.timestamp(),
  RetrieveInternalContent: ({ world }) => ({
    nfcService: { type: 'NfcService', value: world.morefs.services.nfcService },
  }),

  Login(call) {
    if (call.cookie.session !== undefined) throw new VimFault('InvalidLogin')
    const { userName, password } = call.request
    try {
      return enter(call, call.world.sessions.login(userName, password, call.client))
    } catch (error) {
      const { ipAddress } = call.client
      const message = `Cannot login ${userName}@${ipAddress}`
      call.world.events.session({ $type: 'BadUsernameSessionEvent', message, userName, fields: { ipAddress } })
      throw error
    }
  },

  Logout(call) {
    const session = sessionOf(call)
    call.world.sessions.logout(session)
    call.cookie.session = undefined
    call.world.events.session({
      $type: 'UserLogoutSessionEvent',
      message: `User ${session.user.name}@${session.ipAddress} logged out`,
      userName: session.user.name,
      fields: {
        ipAddress: session.ipAddress,
        userAgent: session.userAgent,
        callCount: session.callCount,
        sessionId: session.key,
      },
    })
  },

  SessionIsActive({ world, request }) {
    if (world.mode === 'esxi') throw new VimFault('NotImplemented')
    return world.sessions.open.some(({ key, user }) => key === request.sessionID && user.name === request.userName)
  },

  TerminateSession(call) {
    const own = sessionOf(call)
    const { sessionId } = call.request
    if (sessionId.includes(own.key)) throw new VimFault('InvalidArgument', { invalidProperty: 'sessionId' })
    const doomed = sessionId.map((key) => call.world.sessions.open.find((session) => session.key === key))
    if (doomed.includes(undefined)) throw new VimFault('NotFound')
    for (const session of doomed) call.world.sessions.end(session!)
  },

  AcquireCloneTicket: (call) => call.world.sessions.cloneTicket(sessionOf(call)),
  CloneSession: (call) => enter(call, call.world.sessions.clone(call.request.cloneTicket, call.client)),

  AcquireGenericServiceTicket(call) {
    const { spec } = call.request
    if (spec.$type !== 'SessionManagerHttpServiceRequestSpec') throw new VimFault('NotSupported')
    const id = call.world.serviceTickets.issue(spec, sessionOf(call).user)
    return { id, ticketType: 'HttpServiceTicket' }
  },

  CancelTask: (call) => targetAs(call, Task).cancel(),
}

function enter(call: Call<'Login' | 'CloneSession'>, session: Session) {
  call.cookie.session = session
  const { name } = session.user
  call.world.events.session({
    $type: 'UserLoginSessionEvent',
    message: `User ${name}@${session.ipAddress} logged in as ${session.userAgent}`,
    userName: name,
    fields: { ipAddress: session.ipAddress, userAgent: session.userAgent, locale: 'en', sessionId: session.key },
  })
  return userSession(session)
}
