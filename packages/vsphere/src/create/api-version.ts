import { compareVersions } from '../soap/api-version.ts'

/** Whether a server of API version `server` (`8.0.3.0`) knows what came with `since` (`7.0.1`). A version that is none knows nothing. */
export const knows = (server: string, since: string): boolean => compareVersions(server, since) >= 0
