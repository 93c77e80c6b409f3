// Every crash point of the sources is tried and documented, and nothing else is.
import { globSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { crashPoints } from './crash-points.ts'

const root = join(import.meta.dirname, '../..')
const sources = globSync('packages/*/src/**/*.ts', { cwd: root, exclude: ['**/*.test.ts', 'packages/kit/**'] })
const texts = await Promise.all(sources.map((path) => readFile(join(root, path), 'utf8')))
const inSources = texts.flatMap((text) => [...text.matchAll(/\bcrashPoint\('([^']+)'\)/g)].map(([, name]) => name!))

it('a name stands at one place only, and begins with what it is about', () => {
  expect(inSources.length).toBeGreaterThan(10)
  expect(inSources.filter((name, i) => inSources.indexOf(name) !== i)).toEqual([])
  for (const name of inSources) expect(name).toMatch(/^[a-z-]+\.[a-z-]+$/)
})

it('the table names all crash points of the sources', () => {
  const tried = new Set(crashPoints.map(({ at }) => at.split('#')[0]!))
  expect([...tried].toSorted()).toEqual(inSources.toSorted())
})

it('docs/reference/crash-points.md names all crash points of the sources', async () => {
  const page = await readFile(join(root, 'docs/reference/crash-points.md'), 'utf8')
  const documented = [...page.matchAll(/^\| `([^`]+)`/gm)].map(([, name]) => name!)
  expect(documented.toSorted()).toEqual(inSources.toSorted())
})
