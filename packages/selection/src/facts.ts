/** A tag of vSphere: `env:prod` is the tag prod of the category env. */
export interface Tag {
  readonly category: string
  readonly name: string
}

/** What a selector can ask of a VM. What vSphere does not say is absent, and no comparison with it holds. */
export interface VmFacts {
  /** What the config calls the vCenter or host it is seen through. */
  readonly vcenter?: string | undefined
  readonly name: string
  /** `/DC/vm/prod/web-01`. */
  readonly path: string
  readonly uuid?: string | undefined
  readonly datacenter?: string | undefined
  readonly cluster?: string | undefined
  readonly host?: string | undefined
  /** Inventory path of the resource pool. */
  readonly pool?: string | undefined
  readonly datastores: readonly string[]
  readonly tags: readonly Tag[]
  /** Custom attributes by name. */
  readonly attributes: Readonly<Record<string, string>>
  readonly power?: 'on' | 'off' | 'suspended' | undefined
  readonly template: boolean
  readonly guest?: string | undefined
  readonly cpus?: number | undefined
  readonly memoryBytes?: number | undefined
  readonly disks?: number | undefined
  readonly provisionedBytes?: number | undefined
  readonly usedBytes?: number | undefined
}
