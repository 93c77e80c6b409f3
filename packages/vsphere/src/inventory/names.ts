// vSphere stores `/`, `\` and `%` in the names of its objects escaped: `%2f`, `%5c`, `%25`, in either case.
// Source: vSphere Web Services API reference, ManagedEntity.name. Evidence: documented.

/** A name as a person wrote it. Other uses of `%` are left alone: a server that forgot to escape must not cost a character. */
export function decodeName(name: string): string {
  return name.replaceAll(/%(2f|5c|25)/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
}

/** A name as vSphere wants it written. */
export function encodeName(name: string): string {
  return name.replaceAll('%', '%25').replaceAll('/', '%2f').replaceAll('\\', '%5c')
}

/** Whether two names are one, however each is escaped. */
export function sameName(a: string, b: string): boolean {
  return a === b || decodeName(a) === decodeName(b)
}

/** Joins stored names to a path for people: `/DC/vm/web 50%`. A slash inside a name stays `%2f`, so that the path can be cut again. */
export function formatPath(names: readonly string[]): string {
  return `/${names.map((name) => decodeName(name).replaceAll('/', '%2f')).join('/')}`
}

/** Two spellings of one path compare equal: with or without the first slash, escaped or not. */
export function samePath(a: string, b: string): boolean {
  return bare(a) === bare(b) || decodeName(bare(a)) === decodeName(bare(b))
}

const bare = (path: string): string => path.replace(/^\/+/, '').replace(/\/+$/, '')
