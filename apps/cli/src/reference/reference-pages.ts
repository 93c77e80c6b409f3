import { catalogue } from '../catalogue.ts'
import { configJsonSchema } from '../config/schema.ts'
import { cliPage } from './cli-page.ts'
import { configPage } from './config-page.ts'

const folder = new URL('../../../../docs/reference/', import.meta.url)

/** The generated pages and where they belong. */
export async function referencePages(): Promise<{ path: URL; text: string }[]> {
  const schema = { title: 'vmkeep config', ...configJsonSchema() }
  return [
    { path: new URL('cli.md', folder), text: await cliPage(catalogue) },
    { path: new URL('config.md', folder), text: configPage() },
    { path: new URL('config.schema.json', folder), text: `${JSON.stringify(schema, undefined, 2)}\n` },
  ]
}
