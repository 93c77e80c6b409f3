import type { World } from '../world.ts'

/** Names of the vCenters in the config the words name, or the usual one. None if it cannot be read: this is for a prompt. */
export async function configuredVcenters(words: readonly string[], world: World): Promise<string[]> {
  const named = words.indexOf('--config')
  const config = named >= 0 ? words[named + 1] : world.env['VMKEEP_CONFIG'] || undefined
  try {
    const { loadConfig } = await import('../config/load-config.ts') // at a Tab, every millisecond counts
    const loaded = await loadConfig({ config, originOf: () => '' }, world)
    return loaded.config.vcenters.map(({ name }) => name)
  } catch {
    return []
  }
}
