import { fail } from '../errors.ts'
import type { Config, VcenterConfig } from './schema.ts'

/** The vCenter a command works with: the chosen one, or the only one. @throws `cli.vcenter-missing`, `-unknown`, `-ambiguous` */
export function chooseVcenter({ vcenters }: Config, chosen: string | undefined): VcenterConfig {
  const known = vcenters.map(({ name }) => name)
  const first = vcenters[0]
  if (first === undefined) throw fail('cli.vcenter-missing', {})
  if (chosen === undefined) {
    if (vcenters.length > 1) throw fail('cli.vcenter-ambiguous', { known })
    return first
  }
  const found = vcenters.find(({ name }) => name === chosen)
  if (found === undefined) throw fail('cli.vcenter-unknown', { name: chosen, known })
  return found
}
