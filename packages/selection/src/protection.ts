// Whether a VM is protected, and why: by which policy, or what keeps it out. Pure: the same for a plan, a run and a question.
import type { Expression } from './expression.ts'
import type { VmFacts } from './facts.ts'
import { judge } from './judge.ts'
import { speaksOf } from './speaks-of.ts'

/** What a policy says about whom it is for. */
export interface PolicySelection {
  readonly name: string
  /** The vCenters and hosts it is for, as the config calls them; all if absent. */
  readonly vcenters?: readonly string[] | undefined
  readonly select: Expression
  readonly exclude?: Expression | undefined
}

export type Protection =
  | {
      readonly state: 'protected'
      /** The first policy, in the order of the config, that selects it and does not exclude it. */
      readonly policy: string
      readonly because: string
      /** Others that select it too: they leave it to the first. */
      readonly also: readonly string[]
      /** Disks that the VM itself asks to leave out, by label or address. */
      readonly excludeDisks: readonly string[]
    }
  | {
      readonly state: 'excluded'
      /** The policy that would have selected it; absent where the VM itself says so. */
      readonly policy?: string
      readonly because: string
    }
  | {
      readonly state: 'unselected'
      /** For each policy what kept the VM out of it. */
      readonly because: readonly { readonly policy: string; readonly because: string }[]
    }

/** A tag or custom attribute on the VM itself: `vmkeep:exclude=reason`. */
const excludeKey = 'vmkeep:exclude'
const excludeDiskKey = 'vmkeep:exclude-disk'

/**
 * Decides for one VM. A VM that says by a tag or a custom attribute that it is to be left out is left out of every policy. Templates are left
 * out unless a selector speaks of templates.
 */
export function protectionOf(vm: VmFacts, policies: readonly PolicySelection[]): Protection {
  const [own] = saidBy(vm, excludeKey)
  if (own !== undefined)
    return { state: 'excluded', because: `${excludeKey}${own === '' ? '' : `=${own}`} on the VM itself` }
  const verdicts = policies.map((policy) => ({ policy, ...judgePolicy(policy, vm) }))
  const [first, ...others] = verdicts.filter(({ verdict }) => verdict === 'in')
  if (first !== undefined) {
    const also = others.map(({ policy }) => policy.name)
    const { because } = first
    return { state: 'protected', policy: first.policy.name, because, also, excludeDisks: saidBy(vm, excludeDiskKey) }
  }
  const excluded = verdicts.find(({ verdict }) => verdict === 'excluded')
  if (excluded !== undefined) return { state: 'excluded', policy: excluded.policy.name, because: excluded.because }
  return { state: 'unselected', because: verdicts.map(({ policy, because }) => ({ policy: policy.name, because })) }
}

function judgePolicy({ vcenters, select, exclude }: PolicySelection, vm: VmFacts) {
  if (vcenters !== undefined && !vcenters.some((name) => name === vm.vcenter))
    return { verdict: 'out', because: `it is for ${vcenters.join(', ')} only` } as const
  const selected = judge(select, vm)
  const because = selected.facts.join(' and ')
  if (!selected.matches) return { verdict: 'out', because } as const
  const left = exclude && judge(exclude, vm)
  if (left?.matches === true) return { verdict: 'excluded', because: left.facts.join(' and ') } as const
  if (vm.template && !speaksOf(select, 'template')) return { verdict: 'out', because: 'template=yes' } as const
  return { verdict: 'in', because } as const
}

/** What the VM itself says under a key: in the name of a tag behind "=", or as the value of a custom attribute. */
function saidBy({ tags, attributes }: VmFacts, key: string): string[] {
  const inTags = tags.flatMap(({ category, name }) => {
    for (const text of [name, `${category}:${name}`]) {
      if (text.toLowerCase() === key) return ['']
      if (text.toLowerCase().startsWith(`${key}=`)) return [text.slice(key.length + 1)]
    }
    return []
  })
  const inAttributes = Object.entries(attributes).flatMap(([name, value]) =>
    name.toLowerCase() === key && value.trim() !== '' ? [value.trim()] : [],
  )
  return [...inTags, ...inAttributes]
}
