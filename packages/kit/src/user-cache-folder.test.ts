import { homedir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it, vi } from 'vitest'
import { userCacheFolder } from './user-cache-folder.ts'

afterEach(() => vi.unstubAllEnvs())

it('keeps things where the user says, or else in the home', () => {
  vi.stubEnv('XDG_CACHE_HOME', '/var/cache/somebody')
  expect(userCacheFolder('lab', 'images')).toBe('/var/cache/somebody/vmkeep/lab/images')
  vi.stubEnv('XDG_CACHE_HOME', '')
  expect(userCacheFolder('x')).toBe(join(homedir(), '.cache/vmkeep/x'))
})
