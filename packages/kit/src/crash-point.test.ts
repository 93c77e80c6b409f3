import { spawnSync } from 'node:child_process'
import { inspect } from 'node:util'
import { expect, it } from 'vitest'
import { Secret } from './secret.ts'

const script = `import { crashPoint } from ${JSON.stringify(new URL('./crash-point.ts', import.meta.url).href)}
for (let i = 1; i <= 3; i++) { console.log('pass ' + i); crashPoint('here') }
console.log('end')`
const run = (at: string) =>
  spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    env: { ...process.env, VMKEEP_CRASH_AT: at },
    encoding: 'utf8',
  })

it.each([
  ['here', 'pass 1\n', 'SIGKILL'],
  ['here#3', 'pass 1\npass 2\npass 3\n', 'SIGKILL'],
  ['elsewhere', 'pass 1\npass 2\npass 3\nend\n', null],
])('with VMKEEP_CRASH_AT=%s the process prints %j and ends by %s', (at, stdout, signal) => {
  expect(run(at)).toMatchObject({ stdout, signal })
})

it('a secret shows itself to nobody who does not ask', () => {
  const secret = new Secret('hunter2')
  expect([String(secret), JSON.stringify({ secret }), inspect({ secret })].join()).not.toContain('hunter2')
  expect(secret.reveal()).toBe('hunter2')
})
