import { backupFail } from '@vmkeep/backup'
import { AppError, type ErrorTable, matchesGlob, type Remedy } from '@vmkeep/kit'
import { repositoryFail } from '@vmkeep/repository'
import { restoreFail } from '@vmkeep/restore'
import { retentionFail } from '@vmkeep/retention'
import { runFail } from '@vmkeep/run'
import { s3Fail } from '@vmkeep/s3'
import { selectionFail } from '@vmkeep/selection'
import { transportFail } from '@vmkeep/transport'
import { vsphereFail } from '@vmkeep/vsphere'
import { describe, expect, it } from 'vitest'
import { fail as cliFail } from './errors.ts'
import { exitOf, exitRules } from './exit-of.ts'
import { exits } from './exits.ts'
import { Interruption } from './interruption.ts'

const error = (code: string, remedy: Remedy = 'call-operator', cause?: unknown) =>
  new AppError(code, remedy, code, { cause })

describe('exit codes', () => {
  it('are the documented numbers', () => {
    expect(Object.fromEntries(Object.entries(exits).map(([name, { code }]) => [name, code]))).toEqual({
      ok: 0,
      failed: 1,
      usage: 2,
      partial: 3,
      notSignedIn: 4,
      notFound: 5,
      conflict: 6,
      precondition: 7,
      damaged: 8,
      slaNotMet: 9,
      noRepository: 10,
      repositoryLocked: 11,
      wrongKey: 12,
      timedOut: 124,
      interrupted: 130,
      terminated: 143,
    })
  })

  it('follow from an unknown code by its remedy', () => {
    expect(exitOf(error('x.y', 'quarantine'))).toBe('damaged')
    expect(exitOf(error('x.y', 'retry'))).toBe('failed')
    expect(exitOf(new Error('plain'))).toBe('failed')
    expect(exitOf('thrown text')).toBe('failed')
  })

  it('look through a wrapper without a rule to the cause that has one', () => {
    expect(exitOf(error('x.y', 'retry', error('repository.wrong-key')))).toBe('wrongKey')
  })

  it('know an interruption under anything', () => {
    expect(exitOf(new Interruption('interrupted'))).toBe('interrupted')
    expect(exitOf(error('x.y', 'retry', new Interruption('terminated')))).toBe('terminated')
  })

  const tables: ErrorTable[] = [
    cliFail,
    repositoryFail,
    retentionFail,
    selectionFail,
    runFail,
    s3Fail,
    transportFail,
    vsphereFail,
    backupFail,
    restoreFail,
  ].map(({ table }) => table)
  const known = Object.assign({}, ...tables) as ErrorTable

  it.each(exitRules.filter(([code]) => !code.startsWith('lab.')))(
    'the rule for %s is about a code that exists',
    (pattern) => {
      expect(Object.keys(known).filter((code) => matchesGlob(pattern, code))).not.toEqual([])
    },
  )

  it('tell what stands in the way of what is broken', () => {
    const exit = (code: string) => exitOf(error(code, known[code]![0]))
    expect(
      Object.keys(known)
        .filter((code) => exit(code) === 'damaged')
        .toSorted(),
    ).toEqual(
      Object.keys(known)
        .filter((code) => known[code]![0] === 'quarantine' || code.startsWith('retention.point-'))
        .toSorted(),
    )
    expect(Object.keys(known).filter((code) => exit(code) === 'wrongKey')).toEqual([
      'repository.wrong-key',
      'repository.recovery-code-typo',
      'repository.key-malformed',
      'repository.no-key-slots',
    ])
  })
})
