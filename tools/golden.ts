// `node tools/golden.ts [name]`: writes the golden repositories of this version, once, for every later version to read.
import { join } from 'node:path'
import manifest from '../package.json' with { type: 'json' }
import { makeGolden } from '../tests/compatibility/make-golden.ts'

const parent = join(import.meta.dirname, '..', 'tests', 'compatibility')
const name = process.argv[2] ?? manifest.version
await makeGolden(parent, name)
console.log(`wrote ${join(parent, name)} and its companions: commit them, and never change them again`)
