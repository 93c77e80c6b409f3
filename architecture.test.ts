import { globSync, readFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { parseSync } from 'oxc-parser'
import { describe, expect, test } from 'vitest'
import { mayImport } from './architecture.ts'

const root = import.meta.dirname
const packageOf = (path: string) => /^(?:packages|apps)\/([^/]+)\//.exec(path)?.[1] ?? '(outside)'
const manifestOf = (name: string) => (name === 'cli' || name === 'lab' ? `apps/${name}` : `packages/${name}`)

/** Every import of every source file: [file, specifier]. Type imports count: a type is a dependency too. */
const imports = globSync('{packages,apps}/*/src/**/*.ts', { cwd: root }).flatMap((file) => {
  const { module } = parseSync(file, readFileSync(resolve(root, file), 'utf8'))
  const froms = [
    ...module.staticImports.map((i) => i.moduleRequest.value),
    ...module.staticExports.flatMap((e) => e.entries.flatMap((entry) => entry.moduleRequest?.value ?? [])),
  ]
  return froms.map((specifier) => [file, specifier] as const)
})

/** `@vmkeep/nfc/messages` → `nfc/messages`; the `testing` door of a package counts as the package, and only tests may use it. */
const targetOf = (specifier: string) => /^@vmkeep\/(.+)$/.exec(specifier)?.[1]?.replace(/\/testing$/, '')

describe('architecture', () => {
  test('sees the imports it is to judge', () => expect(imports.length).toBeGreaterThan(50))

  test('packages import only the packages below them', () => {
    const wrong = imports.filter(([file, specifier]) => {
      const target = targetOf(specifier)
      return target !== undefined && target !== packageOf(file) && !mayImport[packageOf(file)]?.includes(target)
    })
    expect(wrong).toEqual([])
  })

  test('a relative import stays inside its package', () => {
    const wrong = imports.filter(
      ([file, specifier]) =>
        specifier.startsWith('.') &&
        packageOf(relative(root, resolve(root, dirname(file), specifier))) !== packageOf(file),
    )
    expect(wrong).toEqual([])
  })

  test('only tests go through a testing door', () => {
    const wrong = imports.filter(
      ([file, specifier]) =>
        /^@vmkeep\/.+\/testing$/.test(specifier) && !/(\.test|testing|-contract)\.ts$|\/simulation\//.test(file),
    )
    expect(wrong).toEqual([])
  })

  test.each(Object.keys(mayImport))('the manifest of %s names exactly what it imports', (name) => {
    const used = imports.flatMap(([file, specifier]) => (packageOf(file) === name ? [specifier] : []))
    const packages = used.flatMap((specifier) => /^(@[^/]+\/[^/]+|[a-z][^/:]*)(?:\/|$)/.exec(specifier)?.[1] ?? [])
    const foreign = new Set(packages.filter((p) => p !== `@vmkeep/${name}` && !['vitest', 'fast-check'].includes(p)))
    const manifest = JSON.parse(readFileSync(resolve(root, manifestOf(name), 'package.json'), 'utf8')) as {
      dependencies?: Record<string, string>
    }
    expect(Object.keys(manifest.dependencies ?? {}).toSorted()).toEqual([...foreign].toSorted())
  })
})
