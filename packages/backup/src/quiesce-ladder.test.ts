import { describe, expect, it } from 'vitest'
import type { QuiescePolicy } from './options.ts'
import { isLess, quiesceLadderOf, withMemoryFirst } from './quiesce-ladder.ts'

const ladder = (quiesce: QuiescePolicy, windows: boolean) => {
  const { rungs, least } = quiesceLadderOf({ quiesce, quiesceTimeoutMinutes: 15 }, { windows })
  const asked = rungs.map(({ wants, quiesce: how }) => {
    const context = how === false ? 'no' : (how.windows?.context ?? 'plain')
    return `${wants} by ${context}`
  })
  return [...asked, `at least ${least}`]
}

describe('a quiesce policy', () => {
  it.each<[QuiescePolicy, boolean, string[]]>([
    ['off', true, ['crash by no', 'at least crash']],
    ['prefer', true, ['quiesced by plain', 'crash by no', 'at least crash']],
    ['require', true, ['quiesced by plain', 'at least quiesced']],
    [
      'application',
      true,
      ['application by ctx_auto', 'quiesced by ctx_file_share_backup', 'crash by no', 'at least crash'],
    ],
    ['application', false, ['quiesced by plain', 'crash by no', 'at least crash']],
    ['require-application', true, ['application by ctx_backup', 'at least application']],
    ['require-application', false, ['quiesced by plain', 'at least quiesced']],
  ])('%s, Windows %s: %s', (policy, windows, expected) => {
    expect(ladder(policy, windows)).toEqual(expected)
  })

  it('tells VSS what the config says, and else what VMware Tools would', () => {
    const settings = { quiesce: 'require-application', quiesceTimeoutMinutes: 30 } as const
    const how = (vss?: { backupType: 'log'; bootableSystemState: false; partialFileSupport: true }) =>
      quiesceLadderOf({ ...settings, ...(vss && { vss }) }, { windows: true }).rungs[0].quiesce
    expect(how()).toEqual({
      timeoutMinutes: 30,
      windows: { backupType: 5, bootableSystemState: true, partialFileSupport: false, context: 'ctx_backup' },
    })
    expect(how({ backupType: 'log', bootableSystemState: false, partialFileSupport: true })).toMatchObject({
      windows: { backupType: 4, bootableSystemState: false, partialFileSupport: true },
    })
  })

  it('knows which level is less', () => {
    expect(isLess('crash', 'quiesced')).toBe(true)
    expect(isLess('quiesced', 'application')).toBe(true)
    expect(isLess('application', 'application')).toBe(false)
    expect(isLess('application', 'crash')).toBe(false)
  })
})

it('memory is asked for first, never quiesced, and demanded without another try', () => {
  const { rungs, least } = quiesceLadderOf({ quiesce: 'prefer', quiesceTimeoutMinutes: 15 }, { windows: false })
  const tries = (memory: 'off' | 'prefer' | 'require') =>
    withMemoryFirst({ rungs, least }, memory).rungs.map((rung) => [rung.memory === true, rung.wants])
  expect(tries('off')).toEqual([
    [false, 'quiesced'],
    [false, 'crash'],
  ])
  expect(tries('prefer')).toEqual([
    [true, 'crash'],
    [false, 'quiesced'],
    [false, 'crash'],
  ])
  expect(tries('require')).toEqual([[true, 'crash']])
  expect(withMemoryFirst({ rungs, least }, 'prefer').rungs[0].quiesce).toBe(false)
})
