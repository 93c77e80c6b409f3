import type { Login } from '../protocol/messages.ts'
import type { VddkProcess } from './vddk-process.ts'

/**
 * Has the library take away what a process of it that died has left behind: it keeps its own books in its temporary folder. What it refuses
 * is no reason not to read: it does so now and then where nothing is amiss. Source: VixDiskLib_Cleanup; public clients. Evidence: documented; observed by others.
 */
export async function cleanUp(process: VddkProcess, login: Login): Promise<void> {
  const { vm: _vm, ...server } = login
  const asked = { during: 'while cleaning up after earlier processes', timeoutMs: 5 * 60_000 }
  await process.ask('cleanUp', { login: server }, asked).catch((error: unknown) => {
    if (!process.isAlive) throw error
  })
}
