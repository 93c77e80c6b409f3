/**
 * A name as vSphere keeps it: slash, backslash and a bare percent sign are escaped.
 * Source: vSphere Web Services API 8.0, ManagedEntity.name. Evidence: documented.
 */
export function escapeName(name: string): string {
  return name
    .replaceAll(/%(?![0-9a-fA-F]{2})/g, '%25')
    .replaceAll('/', '%2f')
    .replaceAll('\\', '%5c')
}

/** The name as people write it. */
export function plainName(name: string): string {
  return name.replaceAll(/%(2f|5c|25)/gi, (escaped) => decodeURIComponent(escaped))
}
