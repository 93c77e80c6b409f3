import type { DataObject } from '@vmkeep/vsphere/types'
import type { Session } from './session.ts'

/** A session as vSphere shows it. */
export function userSession(session: Session): DataObject<'UserSession'> {
  return {
    key: session.key,
    userName: session.user.name,
    fullName: session.user.name,
    loginTime: new Date(session.loginMs).toISOString(),
    lastActiveTime: new Date(session.lastActiveMs).toISOString(),
    locale: 'en',
    messageLocale: 'en',
    extensionSession: false,
    ipAddress: session.ipAddress,
    userAgent: session.userAgent,
    callCount: session.callCount,
  }
}
