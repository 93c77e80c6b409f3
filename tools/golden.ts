// `node tools/golden.ts`: writes the golden repository of this version, once, for every later version to read.
import { join } from 'node:path'
import manifest from '../package.json' with { type: 'json' }
import { makeGolden } from '../tests/compatibility/make-golden.ts'

const folder = join(import.meta.dirname, '..', 'tests', 'compatibility', manifest.version)
await makeGolden(folder, manifest.version)
console.log(`wrote ${folder}: commit it, and never change it again`)
