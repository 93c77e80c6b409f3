import { messageOf } from '@vmkeep/kit'
import { type Expression, parseSelector, type PolicySelection } from '@vmkeep/selection'
import type { Config } from '../config/schema.ts'
import { fail } from '../errors.ts'

export type PolicyConfig = Config['policies'][number]

/** Whom the config's policies are for, in their order. @throws `cli.policy-selector` naming the key of the config */
export function selectionsOf({ policies }: Pick<Config, 'policies'>): PolicySelection[] {
  return policies.map(({ name, vcenters, select, exclude }) => ({
    name,
    ...(vcenters !== undefined && { vcenters }),
    select: parsed(`policies.${name}.select`, select),
    ...(exclude !== undefined && { exclude: parsed(`policies.${name}.exclude`, exclude) }),
  }))
}

/** All that is asked of the VMs of a server. */
export const askingOf = (policies: readonly PolicySelection[], server: string): Expression[] =>
  policies
    .filter(({ vcenters }) => vcenters?.includes(server) !== false)
    .flatMap(({ select, exclude }) => (exclude === undefined ? [select] : [select, exclude]))

/** @throws `cli.no-policy` naming those there are */
export function policyNamed({ policies }: Pick<Config, 'policies'>, name: string): PolicyConfig {
  const found = policies.find((policy) => policy.name === name)
  if (found === undefined) throw fail('cli.no-policy', { name, known: policies.map((policy) => policy.name) })
  return found
}

/** The config as a policy changes it. */
export function configUnder(config: Config, policy: PolicyConfig | undefined): Config {
  if (policy === undefined) return config
  const { quiesce, memory, scripts, guestScripts, auditDays, domain, excludeDisks = [], tags = [], copyTo } = policy
  const { backup } = config
  return {
    ...config,
    backup: {
      ...backup,
      quiesce: quiesce ?? backup.quiesce,
      memory: memory ?? backup.memory,
      scripts: scripts ?? backup.scripts,
      guestScripts: guestScripts ?? backup.guestScripts,
      auditDays: auditDays ?? backup.auditDays,
      domain: domain ?? backup.domain,
      excludeDisks: [...backup.excludeDisks, ...excludeDisks],
      tags: [...backup.tags, ...tags],
      copyTo: copyTo ?? backup.copyTo,
    },
  }
}

function parsed(key: string, selector: string): Expression {
  try {
    return parseSelector(selector)
  } catch (error) {
    throw fail('cli.policy-selector', { key, why: messageOf(error) }, error)
  }
}
