import type { Session } from '../session/session.ts'

/**
 * Tells one vCenter or ESXi from another, for ever: references are good on one endpoint only.
 * A vCenter has a UUID of its own. An ESXi host tells none before it is asked about its hardware; its address stands in.
 */
export function endpointIdOf({ about, host }: Pick<Session, 'about' | 'host'>): string {
  return about.instanceUuid?.toLowerCase() ?? `esxi:${host.toLowerCase()}`
}
