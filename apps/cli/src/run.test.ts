import { AppError } from '@vmkeep/kit'
import { describe, expect, it } from 'vitest'
import type { Catalogue } from './catalogue.ts'
import { command } from './command.ts'
import {
  anyArguments,
  argument,
  choice,
  duration,
  flag,
  integer,
  option,
  options,
  percent,
  text,
} from './parameters.ts'
import { vmkeep } from './testing.ts'

const echo = command({
  name: 'thing echo',
  summary: 'Say what was given',
  examples: [{ run: 'vmkeep thing echo a --sample 5', does: 'for a test' }],
  arguments: { first: argument(text('FIRST'), 'the first'), rest: anyArguments(text('REST'), 'the rest') },
  options: {
    sample: option(percent, { fallback: 100, help: 'how much' }),
    many: options(text('X'), { help: 'several' }),
    hidden: flag({ help: 'a switch' }),
    verify: flag({ negated: true, help: 'not' }),
    wait: option(duration, { help: 'how long' }),
    size: option(integer({ min: 1, max: 9 }), { environment: 'ECHO_SIZE', help: 'how large' }),
    kind: option(choice(['a', 'b']), { help: 'which' }),
  },
  exits: ['partial'],
  check: ({ options: { kind } }) => (kind === 'b' ? 'b is never right' : undefined),
  async run({ arguments: given, options: chosen, global, out }) {
    await out.answer({ given, chosen, vcenter: global.vcenter }, () => 'said')
    return chosen.hidden ? 'partial' : 'ok'
  },
})

const failing = (error: unknown): Catalogue => ({
  fail: async () => ({ ...echo, name: 'fail', arguments: {}, options: {}, run: () => Promise.reject(error as Error) }),
})

const commands: Catalogue = {
  'thing echo': async () => echo,
  'thing other': async () => ({ ...echo, name: 'thing other' }),
  single: async () => echo,
}
const run = (line: string, setting: Parameters<typeof vmkeep>[1] = {}) =>
  vmkeep(line.split(' '), { commands, ...setting })

describe('the command line', () => {
  it('hands arguments and options over as declared', async () => {
    const { code, stdout, stderr } = await run(
      '-o json thing echo one two --many x three --many y --wait 2m --no-verify --vcenter lab --sample 12.5% --size 3',
    )
    expect(stderr).toBe('')
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toEqual({
      given: { first: 'one', rest: ['two', 'three'] },
      chosen: { sample: 12.5, many: ['x', 'y'], hidden: false, verify: false, wait: 120_000, size: 3 },
      vcenter: 'lab',
    })
  })

  it('takes global flags after the command as well, and the environment below flags', async () => {
    const { stdout } = await run('thing echo one --output json', {
      env: { VMKEEP_OUTPUT: 'yaml', ECHO_SIZE: '4', VMKEEP_VCENTER: 'env' },
    })
    expect(JSON.parse(stdout)).toMatchObject({ chosen: { size: 4, sample: 100, verify: true }, vcenter: 'env' })
    expect((await run('thing echo one', { env: { VMKEEP_OUTPUT: 'yaml' } })).stdout).toContain('  first: one\n')
  })

  it('ends with the exit the command returns', async () => {
    expect((await run('thing echo one --hidden')).code).toBe(3)
  })

  it.each([
    ['thing ecko one', /unknown command 'ecko' \(Did you mean echo\?\); see "vmkeep thing --help"/],
    ['thin echo', /Did you mean thing\?/],
    ['thing', /"thing" needs a verb: echo, other; see "vmkeep thing --help"/],
    ['thing echo', /missing required argument 'FIRST'; see "vmkeep thing echo --help"/],
    ['thing echo a --sampel 3', /unknown option '--sampel' \(Did you mean --sample\?\)/],
    ['thing echo a --sample 0', /is invalid: it must be more than 0 and at most 100/],
    ['thing echo a --size 10', /a whole number from 1 to 9/],
    ['thing echo a --size -1', /a whole number from 1 to 9/],
    ['thing echo a --wait soon', /a time such as 30s, 10m, 2h or 7d/],
    ['thing echo a --kind c', /one of a, b/],
    ['thing echo a --kind b', /b is never right; see "vmkeep thing echo --help"/],
    ['thing echo a --sample', /argument missing/],
    ['-o xml thing echo a', /one of table, json, yaml/],
  ])('%s is a usage error, exit 2', async (line, message) => {
    const { code, stdout, stderr } = await run(line)
    expect(stderr).toMatch(message)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain('code: cli.usage')
  })

  it('names the environment variable whose value is wrong', async () => {
    const { code, stderr } = await run('thing echo a', { env: { VMKEEP_PROGRESS: 'dots' } })
    expect(stderr).toContain(
      'the environment variable VMKEEP_PROGRESS is "dots": it must be one of bar, plain, none, jsonl',
    )
    expect(code).toBe(2)
  })

  it('tells a usage error as JSON under -o json', async () => {
    const { code, stderr } = await run('thing ecko -o json')
    expect(code).toBe(2)
    expect(JSON.parse(stderr)).toMatchObject({ code: 'cli.usage', remedy: 'change-request' })
  })

  it('loads only the command that is named', async () => {
    const untouched = () => Promise.reject(new Error('loaded'))
    expect((await run('thing echo a', { commands: { ...commands, single: untouched } })).code).toBe(0)
  })
})

describe('help', () => {
  it('puts examples first and the exit status last', async () => {
    const { code, stdout } = await run('thing echo --help')
    expect(code).toBe(0)
    const titles = stdout.match(/^[A-Z ]+$/gm)
    expect(titles).toEqual(['EXAMPLES', 'USAGE', 'ARGUMENTS', 'OPTIONS', 'GLOBAL OPTIONS', 'EXIT STATUS'])
    expect(stdout).toContain('vmkeep thing echo <FIRST> [REST...] [options]')
    expect(stdout).toMatch(/ {2}3 +partly done/)
    expect(stdout).toMatch(/--sample <PERCENT> +how much \(default: 100\)/)
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(110)
  })

  it.each(['', '--help', '-h'])('vmkeep %s shows every command', async (line) => {
    const { code, stdout } = await vmkeep(line === '' ? [] : [line])
    expect(code).toBe(0)
    for (const name of ['backup', 'restore', 'point list', 'doctor', 'help exit-codes']) expect(stdout).toContain(name)
    expect(stdout).not.toContain('  complete ')
  })

  it('shows the verbs of a noun', async () => expect((await run('thing --help')).stdout).toContain('thing other'))

  it('knows topics and refuses unknown ones', async () => {
    expect((await vmkeep(['help', 'environment'])).stdout).toContain('VMKEEP_REPO_KEY_FILE')
    expect((await vmkeep(['help', 'point', 'list'])).stdout).toContain('vmkeep point list')
    expect(await vmkeep(['help', 'moon'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('exit-codes, selectors, environment'),
    })
  })

  it('prints the version', async () => {
    expect((await vmkeep(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
    expect(JSON.parse((await vmkeep(['version', '-o', 'json'])).stdout)).toMatchObject({ version: expect.any(String) })
  })
})

describe('failures', () => {
  it('of ours end with their exit and say what to do', async () => {
    const error = new AppError('repository.wrong-key', 'call-operator', 'this key does not open it')
    const { code, stderr } = await vmkeep(['fail'], { commands: failing(error) })
    expect(code).toBe(12)
    expect(stderr).toContain('error: this key does not open it\n  to do: ')
  })

  it('that are unexpected end with 1, the stack only under -v', async () => {
    const setting = { commands: failing(new TypeError('boom')) }
    expect(await vmkeep(['fail'], setting)).toMatchObject({
      code: 1,
      stderr: expect.not.stringContaining('run.test.ts'),
    })
    expect((await vmkeep(['fail', '-v'], setting)).stderr).toContain('run.test.ts')
  })

  it('are one JSON object on stderr under -o json', async () => {
    const { stderr, stdout } = await vmkeep(['fail', '-o', 'json'], { commands: failing(new Error('boom')) })
    expect(JSON.parse(stderr)).toEqual({ code: 'cli.unexpected', message: 'boom', remedy: 'report-bug', details: {} })
    expect(stdout).toBe('')
  })
})

describe('services', () => {
  it('give back what was opened when the command fails, and never show a learnt secret', async () => {
    const world = { VMKEEP_VCENTER_HOST: 'vc', VMKEEP_VCENTER_PASSWORD: 'hunter2' }
    const leaky = command({
      name: 'leak',
      summary: 'x',
      examples: [],
      needs: ['config'],
      async run({ config, out, say }) {
        await out.answer(config.config, () => '')
        say.info(String(config.config.vcenters[0]!.password))
        return 'ok'
      },
    })
    const { stdout, stderr } = await vmkeep(['leak', '-o', 'yaml'], {
      env: world,
      commands: { leak: async () => leaky },
    })
    expect(stdout + stderr).not.toContain('hunter2')
    expect(stdout).toContain('[secret]')
  })
})
