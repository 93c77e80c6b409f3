import { hasCode, Secret } from '@vmkeep/kit'
import type { Storage } from '@vmkeep/repository'
import type { S3Credentials } from '@vmkeep/s3'
import type { BaseContext } from './command.ts'
import type { LoadedConfig } from './config/load-config.ts'
import { fail } from './errors.ts'

type Context = Pick<BaseContext, 'world' | 'learn' | 'signal'>

const lockSocketDefault = '/run/vmkeep-lock.sock'

/** Whether a repository's path is a bucket. Here, not in `@vmkeep/s3`, which brings the AWS SDK with it. */
export const isS3 = (path: string): boolean => /^s3:/i.test(path)

/** Where the configured repository lies: a folder, or `s3://bucket/prefix`. @throws `cli.repository-missing` if there is none */
export function repositoryPath({ config }: LoadedConfig): string {
  const { path } = config.repository
  if (path === undefined) throw fail('cli.repository-missing', {})
  return path
}

/** Opens the place of the configured repository. `create`: make the folder; a bucket has to be there. */
export const openConfiguredStorage = (
  loaded: LoadedConfig,
  options: Context & { readonly create?: boolean },
): Promise<Storage> => openStorageAt(repositoryPath(loaded), loaded, { ...options, asOfMs: loaded.asOfMs })

/** Opens any place, reached as the config says. */
export async function openStorageAt(
  path: string,
  loaded: LoadedConfig,
  { create = false, asOfMs, ...context }: Context & { readonly create?: boolean; readonly asOfMs?: number | undefined },
): Promise<Storage> {
  if (isS3(path)) return await openBucket(path, loaded, { ...context, asOfMs })
  if (asOfMs !== undefined) throw fail('cli.as-of-folder', { path })
  const { openFolderStorage } = await import('@vmkeep/repository')
  const { lockSocket = lockSocketDefault } = loaded.config.repository
  return await openFolderStorage(path, { create, lockSocket })
}

/** Opens the place of the configured repository once more and tries it: before what is stored there may be deleted. */
export async function requireSafeStorage(
  loaded: LoadedConfig,
  context: Context & Pick<BaseContext, 'say'>,
): Promise<void> {
  await using storage = await openConfiguredStorage(loaded, context)
  for (;;)
    try {
      return await requirePromises(storage, context)
    } catch (error) {
      // In a full storage not even this can be tried: the room is for it that is kept.
      if (!hasCode(error, 'storage.full') || (await storage.reserve?.release()) !== true) throw error
    }
}

/** @throws `cli.storage-unsafe` if a storage does not keep what a repository relies on */
export async function requirePromises(
  storage: Storage,
  { say, signal }: Pick<BaseContext, 'say' | 'signal'>,
): Promise<void> {
  const { brokenPromises, validateStorage } = await import('@vmkeep/repository')
  say.detail(`trying what a repository relies on in ${storage.name}`)
  const broken = brokenPromises(await validateStorage(storage, { signal }))
  if (broken.length > 0) throw fail('cli.storage-unsafe', { storage: storage.name, broken })
}

async function openBucket(
  path: string,
  { config }: LoadedConfig,
  { world, learn, signal, asOfMs }: Context & { readonly asOfMs?: number | undefined },
): Promise<Storage> {
  const { openS3Storage } = await import('@vmkeep/s3')
  const { endpoint, region = world.env['AWS_REGION'], pathStyle, profile } = config.repository.s3 ?? {}
  const credentials = profile === undefined ? credentialsIn(world.env) : undefined // a profile is asked for by name
  if (credentials !== undefined) learn(credentials.secretAccessKey)
  return await openS3Storage(path, {
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
    ...(pathStyle === undefined ? {} : { pathStyle }),
    ...(profile === undefined ? {} : { profile }),
    ...(credentials === undefined ? {} : { credentials: async () => credentials }),
    ...(asOfMs === undefined ? {} : { asOf: new Date(asOfMs) }),
    signal,
  })
}

/** The first place everyone looks in. The others, files and the machine's role, are for the SDK to ask. */
function credentialsIn(env: Context['world']['env']): S3Credentials | undefined {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token } = env
  if (!accessKeyId || !secret) return undefined
  return { accessKeyId, secretAccessKey: new Secret(secret), ...(token ? { sessionToken: new Secret(token) } : {}) }
}
