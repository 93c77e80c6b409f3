/** A tag of vSphere: the tag `prod` of the category `env`. */
export interface VmTag {
  readonly category: string
  readonly name: string
}

/** What is known of the tags of a server's VMs. */
export interface TagsRead {
  /** By reference. Who has none is not in it. */
  readonly known: ReadonlyMap<string, readonly VmTag[]>
  /** Why nothing is known: whoever depends on tags must not go on as if there were none. */
  readonly unknown?: unknown
}
