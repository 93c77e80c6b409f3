import { fail } from '../errors.ts'
import { isFaultType } from './complete-fault.ts'
import type { LabAction, LabRule } from './lab-action.ts'

/** How an action is written: `name`, `name:argument` or `name:argument:text`. */
const actions: Readonly<Record<string, (argument: string, text: string | undefined) => LabAction | undefined>> = {
  fault: (type, text) => faultAction('fault', type, text),
  'task-fault': (type, text) => faultAction('task-fault', type, text),
  delay: (ms) => withNumber(ms, (value) => ({ do: 'delay', ms: value })),
  'http-error': (status) => withNumber(status, (value) => ({ do: 'http-error', status: value })),
  vmotion: (host) => (host === '' ? { do: 'vmotion' } : { do: 'vmotion', host }),
  'long-task': (ms) => withNumber(ms, (value) => ({ do: 'long-task', ms: value })),
  'late-power': (ms) => withNumber(ms, (value) => ({ do: 'late-power', ms: value })),
  error: (code) => withNumber(code, (value) => ({ do: 'error', code: value })),
  'guest-writes': (bytes) => withNumber(bytes, (value) => ({ do: 'guest-writes', bytes: value })),
  truncate: (at) => (at === '' ? { do: 'truncate' } : withNumber(at, (atBytes) => ({ do: 'truncate', atBytes }))),
  omit: (share) => withNumber(share, (value) => ({ do: 'omit', share: value })),
}

const bareActions = [
  'disconnect',
  'lost-reply',
  'expire-session',
  'garbage',
  'power-loss',
  'vanish-task',
  'leave-consolidation-needed',
  'leave-snapshot',
  'host-crash',
  'wrong-thumbprint',
  'ignore-quiesce',
  'file-system-only',
  'expire-lease',
  'short-manifest',
  'wrong-checksum',
  'stall',
  'dead-ticket',
  'fail',
  'stuck-page',
  'wrong-start',
  'file-fault',
  'empty-change-id',
  'reset-change-tracking',
  'delete-tracking-file',
  'missing',
  'signature',
  'wrong-disk',
] as const

/** Every action's name, for help texts. */
export const actionNames: readonly string[] = [...Object.keys(actions), ...bareActions]

/**
 * Reads a rule as it is written on a command line:
 * `CreateSnapshotEx_Task,object=web*,after=1,times=1,chance=0.5,then=fault:ApplicationQuiesceFault`.
 *
 * `then` comes last; it takes the rest of the text.
 *
 * @throws `lab.bad-fault-rule`
 */
export function parseFaultRule(text: string): LabRule {
  const [, head = '', then] = /^(.*?)(?:,then=(.*))?$/s.exec(text)!
  const [on = '', ...options] = head.split(',')
  if (on === '' || then === undefined)
    throw fail('lab.bad-fault-rule', { rule: text, why: 'it needs METHOD,then=ACTION' })
  return {
    on,
    ...Object.assign({}, ...options.map((option) => parseOption(text, option))),
    then: parseAction(text, then),
  }
}

/** Reads an action: `fault:ApplicationQuiesceFault`, `delay:500`, `disconnect`. @throws `lab.bad-fault-rule` */
export function parseAction(rule: string, text: string): LabAction {
  const [, name = '', argument = '', rest] = /^([^:]*)(?::([^:]*))?(?::(.*))?$/s.exec(text)!
  const bare = bareActions.find((action) => action === name)
  const action = bare === undefined ? actions[name]?.(argument, rest) : ({ do: bare } as LabAction)
  if (action === undefined)
    throw fail('lab.bad-fault-rule', { rule, why: `"${text}" is no action; there are ${actionNames.join(', ')}` })
  return action
}

function parseOption(rule: string, option: string): Partial<LabRule> {
  const [name = '', value = ''] = option.split(/=(.*)/s)
  if (name === 'object' && value !== '') return { object: value }
  const number = Number(value)
  if (value === '' || !(number >= 0)) throw fail('lab.bad-fault-rule', { rule, why: `"${option}" is no option` })
  if (name === 'after' || name === 'times') return { [name]: number }
  if (name === 'chance' && number <= 1) return { chance: number }
  throw fail('lab.bad-fault-rule', { rule, why: `"${option}" is no option; there are object, after, times, chance` })
}

function faultAction(verb: 'fault' | 'task-fault', type: string, text: string | undefined): LabAction | undefined {
  if (!isFaultType(type)) return undefined
  return { do: verb, type, ...(text === undefined ? {} : { text }) }
}

function withNumber(text: string, make: (value: number) => LabAction): LabAction | undefined {
  return text !== '' && Number(text) >= 0 ? make(Number(text)) : undefined
}
