import { homedir } from 'node:os'
import { join } from 'node:path'

/**
 * Where to keep what can be made again, for this user alone: below `XDG_CACHE_HOME`, or else `~/.cache`.
 * Not the temporary folder: there a name that is not random belongs to whichever user came first.
 *
 * Source: XDG Base Directory Specification. Evidence: documented.
 */
export function userCacheFolder(...names: readonly string[]): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'vmkeep', ...names)
}
