import { globSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { documentedErrors } from './docs/error-tables.ts'
import { errorsPage } from './docs/errors-page.ts'
import { brokenLinks } from './docs/markdown-links.ts'
import { placeholders } from './docs/placeholders.ts'

const root = join(import.meta.dirname, '..')
const pages = globSync('**/*.md', { cwd: root, exclude: ['**/node_modules', '**/dist', '.git'] })

it('finds the documents', () => expect(pages).toContain('README.md'))

it.each(pages)('every relative link of %s leads somewhere', (page) =>
  expect(brokenLinks(join(root, page), root)).toEqual([]),
)

it('every error code has one meaning, names its package or concept, and a message that says something', async () => {
  const errors = await documentedErrors(root)
  const codes = errors.map(({ code }) => code)
  expect(codes.filter((code, i) => codes.indexOf(code) !== i)).toEqual([])
  for (const { code, message } of errors) {
    expect(code).toMatch(/^[a-z][a-z0-9]*(-[a-z]+)*\.[a-z0-9]+(-[a-z0-9]+)*$/)
    expect(message, code).not.toBe('')
    expect(message, code).not.toMatch(/undefined|\[object|=>/)
  }
})

it('docs/reference/errors.md is what the tables say (node tools/docs.ts)', async () => {
  const page = await readFile(join(root, 'docs/reference/errors.md'), 'utf8').catch(() => '')
  expect(page).toBe(errorsPage(await documentedErrors(root)))
})

it('a placeholder goes wherever a detail goes', () => {
  const d = placeholders() as { path: string; vms: string[]; place: { host: string } }
  expect(`${d.path} of ${d.vms.map((vm) => vm.toUpperCase()).join(', ')} on ${d.place.host}`).toBe(
    '‹path› of ‹vms› on ‹place.host›',
  )
  expect(d.vms.length === 0).toBe(false)
})
