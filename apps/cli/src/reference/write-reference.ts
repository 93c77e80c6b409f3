import { writeFile } from 'node:fs/promises'
import { referencePages } from './reference-pages.ts'

// Writes the generated pages of docs/reference: `node apps/cli/src/reference/write-reference.ts`. A test tells when they are stale.
for (const { path, text } of await referencePages()) await writeFile(path, text)
