/** The two spellings of one API. Source: vSphere Automation API, "Differences between /rest and /api". Evidence: documented. */
export interface Dialect {
  readonly root: string
  readonly session: string
  readonly action: string
  /** What stands before an id in a path. */
  readonly id: string
  readonly unwrap: (answer: unknown) => unknown
}

const api: Dialect = { root: '/api', session: '/api/session', action: 'action', id: '', unwrap: (answer) => answer }
const rest: Dialect = {
  root: '/rest/com/vmware',
  session: '/rest/com/vmware/cis/session',
  action: '~action',
  id: 'id:',
  unwrap: (answer) => (answer as { readonly value?: unknown } | undefined)?.value,
}

/** In the order they are tried: vCenter before 7.0 U2 speaks `/rest` only, later ones `/api`; an ESXi host neither. */
export const dialects: readonly Dialect[] = [api, rest]
