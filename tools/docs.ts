// Writes what is generated under docs/reference: `node tools/docs.ts`. A test holds it to the code.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { documentedErrors } from './docs/error-tables.ts'
import { errorsPage } from './docs/errors-page.ts'

const root = join(import.meta.dirname, '..')
await writeFile(join(root, 'docs/reference/errors.md'), errorsPage(await documentedErrors(root)))
await import('../apps/cli/src/reference/write-reference.ts')
