import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { type Lock, missingOptional } from './complete-lock.ts'

it('package-lock.json holds the packages of every platform, as "npm ci" demands (node tools/complete-lock.ts)', async () => {
  const lock = JSON.parse(await readFile(new URL('../package-lock.json', import.meta.url), 'utf8')) as Lock
  expect(Object.keys(missingOptional(lock))).toEqual([])
})

it('adds what is missing where it belongs, and leaves what is there', () => {
  const optionalDependencies = {
    '@tool/binding-linux-x64-musl': '2.0.0',
    '@tool/win32-arm64': '2.0.0',
    fsevents: '~2.3.3',
  }
  const packages = {
    'node_modules/tool': { version: '2.0.0', dev: true, optionalDependencies },
    'node_modules/@tool/binding-linux-x64-musl': { version: '1.0.0' }, // some other package's
  }
  const missing = missingOptional({ packages })
  expect(missing).toEqual({
    'node_modules/tool/node_modules/@tool/binding-linux-x64-musl': {
      version: '2.0.0',
      os: ['linux'],
      cpu: ['x64'],
      libc: ['musl'],
      dev: true,
      optional: true,
    },
    'node_modules/@tool/win32-arm64': { version: '2.0.0', os: ['win32'], cpu: ['arm64'], dev: true, optional: true },
  })
  expect(missingOptional({ packages: { ...packages, ...missing } })).toEqual({})
})
