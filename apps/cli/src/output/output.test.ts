import { AppError, Secret } from '@vmkeep/kit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FakeScreen, shownBy } from '../testing.ts'
import { cutToWidth, Display } from './display.ts'
import { describeError, errorAsJson } from './error-report.ts'
import { length, percentOf, relativeTime, size, time } from './human.ts'
import { toJson, toYaml } from './machine.ts'
import { Redactor } from './redactor.ts'
import { harmless, styleOf, wantsColour } from './style.ts'
import { facts, table } from './table.ts'
import stringWidth from 'string-width'

describe('sizes and times for people', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1 KiB'],
    [1536, '1.5 KiB'],
    [1024 ** 2 - 1, '1 MiB'],
    [150.4 * 1024 ** 3, '150 GiB'],
    [99.96 * 1024 ** 2, '100 MiB'],
    [62 * 1024 ** 4, '62 TiB'],
    [Number.MAX_SAFE_INTEGER, '8 PiB'],
  ])('%d bytes are %s', (bytes, text) => expect(size(bytes)).toBe(text))

  it.each([
    [0, '0 s'],
    [999, '1 s'],
    [65_000, '1 min 5 s'],
    [60_000, '1 min'],
    [3_600_000 * 26, '1 d 2 h'],
    [-5, '0 s'],
  ])('%d ms are %s', (ms, text) => expect(length(ms)).toBe(text))

  it.each([
    [-14 * 60_000, '14 min ago'],
    [46 * 60_000, 'in 46 min'],
    [200, 'just now'],
    [-3 * 86_400_000 - 5_000_000, '3 d ago'],
  ])('%d ms from now is %s', (ms, text) => expect(relativeTime(1e12 + ms, 1e12)).toBe(text))

  it('times are UTC and say so', () => expect(time('2026-08-20T14:05:09.123Z')).toBe('2026-08-20 14:05:09Z'))
  it('what is left undone is never rounded up to 100 %', () => expect(percentOf(9999, 10_000)).toBe('99 %'))
})

describe('tables', () => {
  const rows = [
    { name: 'web-01', bytes: 12 },
    { name: '数据库服务器', bytes: 123_456 },
    { name: '', bytes: 0 },
  ]
  const columns = [
    { title: 'VM', value: (row: { name: string }) => row.name },
    { title: 'BYTES', value: (row: { bytes: number }) => String(row.bytes), align: 'right' as const },
  ]

  it('line up by the width a terminal shows, and mark empty cells', () => {
    expect(table(rows, columns)).toBe(
      ['VM             BYTES', 'web-01            12', '数据库服务器  123456', '-                  0'].join('\n'),
    )
  })

  it('have rows of one width, whatever the names', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1 }), (names) => {
        const lines = table(
          names.map((name, bytes) => ({ name, bytes })),
          columns,
        ).split('\n')
        expect(lines).toHaveLength(names.length + 1)
        expect(new Set(lines.map((line) => stringWidth(line))).size).toBe(1)
      }),
    )
  })

  it('let no name move the cursor', () => {
    expect(table([{ name: 'a\u001B[2Jb\nc', bytes: 1 }], columns)).toContain('a\uFFFD[2Jb c')
    expect(harmless('line\nline\ttab')).toBe('line\nline\ttab')
  })

  it('leave out facts nobody knows', () => {
    expect(
      facts([
        ['a', '1'],
        ['long', undefined],
        ['bcd', '2'],
      ]),
    ).toBe('a:   1\nbcd: 2')
  })
})

describe('machine output', () => {
  const value = {
    at: new Date(0),
    id: Uint8Array.of(1, 255),
    small: 5n,
    large: 2n ** 60n,
    secret: new Secret('hunter2'),
    gone: undefined,
    map: new Map([['k', 1]]),
    bytes: 2 ** 40,
  }

  it('is JSON of plain values, secrets hidden', () => {
    expect(JSON.parse(toJson(value))).toEqual({
      at: '1970-01-01T00:00:00.000Z',
      id: '01ff',
      small: 5,
      large: '1152921504606846976',
      secret: '[secret]',
      map: { k: 1 },
      bytes: 1_099_511_627_776,
    })
  })

  it('is YAML of the same', async () => {
    const yaml = await toYaml(value)
    expect(yaml).toContain('secret: "[secret]"')
    expect(yaml).toContain('bytes: 1099511627776')
  })
})

describe('colour', () => {
  const terminal = new FakeScreen({ isTTY: true })
  const pipe = new FakeScreen()
  it.each([
    [terminal, {}, true, true],
    [pipe, {}, true, false],
    [terminal, { NO_COLOR: '1' }, true, false],
    [terminal, { NO_COLOR: '' }, true, true],
    [pipe, { CLICOLOR_FORCE: '1' }, true, true],
    [pipe, { CLICOLOR_FORCE: '1', NO_COLOR: '1' }, true, false],
    [terminal, {}, false, false],
    [terminal, { TERM: 'dumb' }, true, false],
  ])('%# follows terminal, NO_COLOR, CLICOLOR_FORCE and the flag', (screen, env, flag, wanted) => {
    expect(wantsColour(screen, env, flag)).toBe(wanted)
  })
})

describe('errors', () => {
  const plain = { verbose: false, style: styleOf(false) }
  const cause = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
  const ours = new AppError('nfc.connection-lost', 'retry', 'the connection to esx1 broke', {
    cause,
    details: { host: 'esx1' },
  })

  it('of ours say what, why, what to do and the code', () => {
    expect(describeError(ours, plain)).toBe(
      [
        'error: the connection to esx1 broke',
        '  because: connect ECONNREFUSED',
        '  to do: run the same command again; what is already stored is not stored twice',
        '  code: nfc.connection-lost',
      ].join('\n'),
    )
  })

  it('that are unexpected show the stack only under -v, and how to report', () => {
    const wild = new TypeError('x is not a function')
    expect(describeError(wild, plain)).toMatch(/^error: x is not a function\n {2}this is unexpected: .*-v.*report/)
    expect(describeError(wild, plain)).not.toContain('output.test.ts')
    expect(describeError(wild, { ...plain, verbose: true })).toContain('output.test.ts')
  })

  it('are one JSON object for programs', () => {
    expect(JSON.parse(errorAsJson(ours, false))).toEqual({
      code: 'nfc.connection-lost',
      message: 'the connection to esx1 broke',
      remedy: 'retry',
      details: { host: 'esx1', because: ['connect ECONNREFUSED'] },
    })
    expect(JSON.parse(errorAsJson('text', false))).toEqual({
      code: 'cli.unexpected',
      message: 'text',
      remedy: 'report-bug',
      details: {},
    })
  })

  it('name no secret this run has learnt', () => {
    const redactor = new Redactor()
    redactor.learn(new Secret('p"ss w0rd'))
    expect(redactor.clean('p"ss w0rd and p\\"ss w0rd and p%22ss%20w0rd')).toBe('[secret] and [secret] and [secret]')
  })

  it('name nothing of a secret that begins with another one, nor one that stands where a code should', () => {
    const redactor = new Redactor()
    for (const secret of ['correct-1', 'correct-1-horse']) redactor.learn(new Secret(secret))
    expect(redactor.clean('not correct-1-horse, nor correct-1')).toBe('not [secret], nor [secret]')
    expect(redactor.cleanValue({ code: 'correct-1' })).toEqual({ code: '[secret]' })
    expect(redactor.cleanValue({ code: { text: 'correct-1' } })).toEqual({ code: { text: '[secret]' } })
  })

  it('leave a document whole and a code readable, whatever the secret is', () => {
    const redactor = new Redactor()
    for (const secret of ['wrong', 'true', '1234', 'name']) redactor.learn(new Secret(secret))
    const value = { name: 'it is true', size: 12345, whole: true, code: 'repository.wrong-key' }
    expect(redactor.cleanValue(value)).toEqual({ ...value, name: 'it is [secret]' })
    expect(JSON.parse(redactor.clean(JSON.stringify(value)))).toEqual({ ...value, name: 'it is [secret]' })
    expect(redactor.clean('error: wrong {\n  code: repository.wrong-key')).toBe(
      'error: [secret] {\n  code: repository.wrong-key',
    )
    expect(redactor.clean('{ wrong')).toBe('{ [secret]')
  })

  it('do not say the same cause twice', () => {
    const error = (message: string, cause?: unknown) =>
      new AppError('vsphere.login-failed', 'call-operator', message, { cause })
    const told = describeError(error('no login of admin', error('no login of the user', new Error('socket closed'))), {
      verbose: false,
      style: styleOf(false),
    })
    expect(told).not.toContain('the user')
    expect(told).toContain('because: socket closed')
  })
})

describe('the display', () => {
  it('draws live lines over the old ones, and lines that stay above them', () => {
    const screen = new FakeScreen({ isTTY: true, columns: 40 })
    const display = new Display(screen)
    display.live(['one 1', 'two 1'])
    display.live(['one 2', 'two 2', 'three 2'])
    display.line('a message')
    display.live(['one 3'])
    expect(shownBy(screen.written, 40)).toEqual(['a message', 'one 3', ''])
    display.close()
    display.close()
    expect(shownBy(screen.written, 40)).toEqual(['a message', ''])
    expect(screen.written.endsWith('\u001B[?25h')).toBe(true)
    expect(screen.written.split('\u001B[?25h')).toHaveLength(2)
  })

  it('never lets a live line wrap, wide characters included', () => {
    const screen = new FakeScreen({ isTTY: true, columns: 20 })
    new Display(screen).live([`${'数据'.repeat(10)} tail`])
    expect(shownBy(screen.written, 20)).toHaveLength(2)
  })

  it('finds its first row again after the window became narrower', () => {
    const screen = new FakeScreen({ isTTY: true, columns: 40 })
    const display = new Display(screen)
    display.live(['x'.repeat(38)])
    screen.columns = 20 // the terminal wraps the line to two rows
    screen.written = ''
    display.live(['short'])
    expect(screen.written).toContain('\u001B[2A')
  })

  it('cuts by width and keeps colours whole', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 2, max: 30 }), (text, width) => {
        const cut = cutToWidth(`\u001B[32m${harmless(text)}\u001B[39m`, width)
        expect(stringWidth(cut)).toBeLessThanOrEqual(Math.max(width, 0))
      }),
    )
  })
})
