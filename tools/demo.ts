// `npm run demo`: everything vmkeep does, against a make-believe vCenter with real file systems, in under three minutes.
// Every step checks itself; the demo fails if one byte is not what it was at its snapshot's instant.
import { parseArgs } from 'node:util'
import { runDemo } from './demo/run-demo.ts'
import { formatDemo } from './demo/format-demo.ts'

const { values } = parseArgs({ options: { output: { type: 'string', short: 'o', default: 'table' } } })
if (values.output !== 'table' && values.output !== 'json')
  throw new Error(`-o takes "table" or "json", not "${values.output}"`)
const tell = values.output === 'json' ? () => {} : (text: string) => console.log(text)
const result = await runDemo(tell)
console.log(values.output === 'json' ? JSON.stringify(result, null, 2) : formatDemo(result))
process.exitCode = result.checks.every(({ ok }) => ok) ? 0 : 1
