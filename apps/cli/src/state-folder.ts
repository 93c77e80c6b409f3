import type { Config } from './config/schema.ts'
import type { World } from './world.ts'

/** Where journals, locks and the instance id live. */
export function stateFolderOf({ stateFolder }: Config, { env, home }: Pick<World, 'env' | 'home'>): string {
  return stateFolder ?? `${env['XDG_STATE_HOME'] || `${home}/.local/state`}/vmkeep`
}
