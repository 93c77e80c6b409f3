import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { catalogue, loadAll } from '../catalogue.ts'
import { referencePages } from './reference-pages.ts'

describe('the reference', () => {
  it('is what the declarations say (node apps/cli/src/reference/write-reference.ts)', async () => {
    for (const { path, text } of await referencePages()) expect(await readFile(path, 'utf8')).toBe(text)
  })

  it('is complete: every shown command has examples that call it, and its name is its place', async () => {
    for (const [name, load] of Object.entries(catalogue)) expect((await load()).name).toBe(name)
    for (const { name, hidden, examples, summary } of await loadAll(catalogue)) {
      expect(summary, name).not.toMatch(/\.$/)
      if (hidden === true) continue
      expect(examples.length, name).toBeGreaterThan(0)
      for (const { run } of examples) expect(run).toContain(`vmkeep ${name}`)
    }
  })
})
