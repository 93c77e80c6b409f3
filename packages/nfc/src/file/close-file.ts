import { phase } from '../connect/phase.ts'
import { CloseFile, CloseSession, SessionComplete } from '../messages/index.ts'
import { type Handle, refusedBy } from './handle.ts'

/** Closes the file and takes leave. The file counts as closed once the host has said so, whatever becomes of the rest. */
export async function closeFile(handle: Handle, signal: AbortSignal | undefined): Promise<void> {
  const { connection, peer, settings } = handle
  const { timeouts, clock, path } = settings
  const during = `closing ${path}`
  let isClosed = false
  try {
    await phase({ peer, during, stream: connection, timeoutMs: timeouts.closeMs, clock, signal }, async () => {
      const refused = refusedBy(handle, during)
      await connection.command({ type: 'CLOSE_FILE', payload: CloseFile.encode({ handle: handle.id }), refused })
      isClosed = true
      await connection.command({ type: 'CLOSE_SESSION', payload: CloseSession.encode({}), refused })
      await connection.end(SessionComplete.encode({}))
    })
  } catch (error) {
    if (!isClosed) throw error
  } finally {
    connection.destroy()
  }
}
