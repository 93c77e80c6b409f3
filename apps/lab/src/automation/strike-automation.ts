import type { IncomingMessage, ServerResponse } from 'node:http'
import type { LabAction } from '../faults/lab-action.ts'
import { closedSignal } from '../http/closed-signal.ts'
import type { World } from '../inventory/world.ts'
import type { Session } from '../soap/session.ts'

/** What a rule does before a call is answered. The status it is refused with, `cut`, or nothing that can be seen. */
export async function strikeAutomation(
  action: LabAction | undefined,
  { request, response, world }: { request: IncomingMessage; response: ServerResponse; world: World },
  session: Session | undefined,
): Promise<number | 'cut' | undefined> {
  if (action?.do === 'delay')
    return world.clock.sleep(action.ms, closedSignal(response)).then(
      () => undefined,
      () => undefined, // the client has gone, and what it asked for is done
    )
  if (action?.do === 'disconnect') {
    request.socket.destroy()
    return 'cut'
  }
  if (action?.do === 'expire-session') {
    if (session !== undefined) world.sessions.end(session)
    return 401
  }
  return action?.do === 'http-error' ? action.status : undefined
}
