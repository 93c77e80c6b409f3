import { fail } from '../errors.ts'
import { isFaultType } from '../faults/complete-fault.ts'
import type { LabRule } from '../faults/lab-action.ts'
import { parseAction, parseFaultRule } from '../faults/parse-fault-rule.ts'
import type { Lab } from '../start-lab.ts'

export interface ControlRoute {
  readonly method: string
  readonly pattern: RegExp
  /** What it answers, as JSON. `names` are what the pattern captured. */
  readonly handle: (body: unknown, ...names: readonly string[]) => unknown
}

export type ControlRoutes = readonly ControlRoute[]

type Body = Readonly<Record<string, unknown>>

/** Everything the control port does. */
export function controlRoutes(lab: Lab): ControlRoutes {
  const route = (
    method: string,
    path: string,
    handle: (body: Body, ...names: readonly string[]) => unknown,
  ): ControlRoute => ({
    method,
    pattern: new RegExp(`^${path.replaceAll('{}', '([^/]+)')}$`),
    handle: (body, ...names) => handle(body as Body, ...names),
  })
  return [
    route('GET', '/lab/state', () => lab.state()),
    route('GET', '/lab/faults', () => lab.faults.rules),
    route('POST', '/lab/faults', (body) => ({ id: lab.faults.add(ruleOf(body)).id })),
    route('DELETE', '/lab/faults', () => lab.faults.clear()),
    route('DELETE', '/lab/faults/{}', (_, id) => ({ removed: lab.faults.remove(Number(id)) })),
    route('POST', '/lab/sessions/expire', () => lab.expireSessions()),
    route('POST', '/lab/clock', (body) => lab.clock.advance(number(body, 'advanceMs'))),
    route('POST', '/lab/datastores/{}/fill', (body, name) =>
      lab.storage.datastore(name!).fill(optionalNumber(body, 'freeBytes')),
    ),
    route('POST', '/lab/datastores/{}/latency', (body, name) =>
      lab.setLatency(name!, { readMs: number(body, 'readMs'), writeMs: number(body, 'writeMs') }),
    ),
    route('POST', '/lab/hosts/{}/(connect|disconnect)', (_, name, verb) => lab.connectHost(name!, verb === 'connect')),
    route('POST', '/lab/hosts/{}/occupy', (body, name) => lab.occupyNfc(name!, number(body, 'connections'))),
    ...vmRoutes(lab, route),
  ]
}

type Route = (
  method: string,
  path: string,
  handle: (body: Body, ...names: readonly string[]) => unknown,
) => ControlRoute

function vmRoutes(lab: Lab, route: Route): ControlRoutes {
  return [
    route('POST', '/lab/vms/{}/write', async (body, name) => {
      const bytes = bytesOf(lab, body)
      await lab.vm(name!).disk(optionalNumber(body, 'disk')).writeGuest(number(body, 'offset'), bytes)
      return { written: bytes.length }
    }),
    route('POST', '/lab/vms/{}/trim', (body, name) =>
      lab.vm(name!).disk(optionalNumber(body, 'disk')).trimGuest(number(body, 'offset'), number(body, 'length')),
    ),
    route('POST', '/lab/vms/{}/grow', (body, name) =>
      lab.vm(name!).grow(optionalNumber(body, 'disk'), number(body, 'capacity')),
    ),
    route('POST', '/lab/vms/{}/migrate', (body, name) =>
      lab.vm(name!).migrate({ host: optionalText(body, 'host'), datastore: optionalText(body, 'datastore') }),
    ),
    route('POST', '/lab/vms/{}/power', (body, name) =>
      lab.vm(name!).power(powerOf(body), { hard: body['hard'] === true }),
    ),
    route('POST', '/lab/vms/{}/snapshot', (body, name) =>
      lab.vm(name!).snapshot(optionalText(body, 'name') ?? 'made by hand'),
    ),
    route('DELETE', '/lab/vms/{}/snapshot', (_, name) => lab.vm(name!).removeSnapshots()),
  ]
}

/** A rule as JSON, its action as an object or as it is written on a command line; or the whole rule as bare text. */
function ruleOf(body: Body | string): LabRule {
  if (typeof body === 'string') return parseFaultRule(body)
  const { on, then } = body
  const text = JSON.stringify(body)
  if (typeof on !== 'string') throw fail('lab.bad-fault-rule', { rule: text, why: 'it needs "on"' })
  if (typeof then === 'string') return { ...(body as unknown as LabRule), then: parseAction(text, then) }
  const action = then as LabRule['then'] | undefined
  const type = action !== undefined && 'type' in action ? action.type : undefined
  if (action?.do === undefined || (type !== undefined && !isFaultType(type)))
    throw fail('lab.bad-fault-rule', { rule: text, why: '"then" must be an action, e.g. "fault:TaskInProgress"' })
  return body as unknown as LabRule
}

function number(body: Body, name: string): number {
  const value = optionalNumber(body, name)
  if (value === undefined) throw fail('lab.bad-request', { why: `"${name}" is missing` })
  return value
}

function optionalNumber(body: Body, name: string): number | undefined {
  const value = body[name]
  if (value === undefined) return undefined
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw fail('lab.bad-request', { why: `"${name}" must be a whole number` })
}

function optionalText(body: Body, name: string): string | undefined {
  const value = body[name]
  if (value === undefined || typeof value === 'string') return value
  throw fail('lab.bad-request', { why: `"${name}" must be a text` })
}

function powerOf(body: Body): 'on' | 'off' | 'suspended' {
  const state = body['state']
  if (state === 'on' || state === 'off' || state === 'suspended') return state
  throw fail('lab.bad-request', { why: '"state" must be on, off or suspended' })
}

const randomLengthMax = 16 * 1024 * 1024

/** What a guest is to write: a text, base64, or so many random bytes. */
function bytesOf(lab: Lab, body: Body): Uint8Array {
  const text = optionalText(body, 'text')
  if (text !== undefined) return Buffer.from(text)
  const base64 = optionalText(body, 'base64')
  if (base64 !== undefined) return Buffer.from(base64, 'base64')
  const length = number(body, 'length')
  if (length > randomLengthMax) throw fail('lab.bad-request', { why: `"length" must be at most ${randomLengthMax}` })
  return lab.random.bytes(length)
}
