import { expect, it } from 'vitest'
import type { Automation, AutomationRequest } from '../automation/automation.ts'
import { fail } from '../errors.ts'
import { FakeSession } from '../fake-session.ts'
import { readTags } from './read-tags.ts'

/** A vCenter's tags: `on[tag]` are the objects that have it. Counts what it is asked. */
class FakeTagging implements Automation {
  readonly host = 'vcenter.example'
  readonly asked = new Map<string, number>()
  mostTags = 0
  largestAnswerBytes = 0
  readonly #on: Readonly<Record<string, readonly object[]>>

  constructor(on: Readonly<Record<string, readonly object[]>>) {
    this.#on = on
  }

  async call({ path, id, action, body }: AutomationRequest): Promise<unknown> {
    const kind = action ?? path.slice('/cis/tagging/'.length)
    this.asked.set(kind, (this.asked.get(kind) ?? 0) + 1)
    const answer = this.#answer(kind, id, (body as { tag_ids?: readonly string[] } | undefined)?.tag_ids)
    this.largestAnswerBytes = Math.max(this.largestAnswerBytes, JSON.stringify(answer).length)
    return answer
  }

  #answer(kind: string, id: string | undefined, tags: readonly string[] = []): unknown {
    if (kind === 'category') return { name: `name of ${id}` }
    if (kind === 'tag') return id === undefined ? Object.keys(this.#on) : { name: id, category_id: `c${id.length % 2}` }
    this.mostTags = Math.max(this.mostTags, tags.length)
    return tags.map((tag) => ({ tag_id: tag, object_ids: this.#on[tag]!.length === 0 ? null : this.#on[tag] }))
  }
}

const vm = (number: number) => ({ id: `vm-${number}`, type: 'VirtualMachine' })

function sessionWith(automation: Automation): FakeSession {
  const session = new FakeSession()
  session.automation = automation
  return session
}

it('gives each VM its tags, and asks for no name that nobody needs', async () => {
  const host = { id: 'host-1', type: 'HostSystem' }
  const tagging = new FakeTagging({ prod: [vm(1), host, vm(2)], old: [host], free: [], web: [vm(1)] })
  const { known, unknown } = await readTags(sessionWith(tagging))
  expect(unknown).toBeUndefined()
  expect(known).toEqual(
    new Map([
      [
        'vm-1',
        [
          { category: 'name of c0', name: 'prod' },
          { category: 'name of c1', name: 'web' },
        ],
      ],
      ['vm-2', [{ category: 'name of c0', name: 'prod' }]],
    ]),
  )
  expect(Object.fromEntries(tagging.asked)).toEqual({ tag: 3, category: 2, 'list-attached-objects-on-tags': 1 })
})

it('asks nothing about tags where there are none', async () => {
  const tagging = new FakeTagging({})
  expect(await readTags(sessionWith(tagging))).toEqual({ known: new Map() })
  expect([...tagging.asked.keys()]).toEqual(['tag'])
})

it('of 10,000 VMs with 15 tags each asks by tag: 300 tags are two questions, and no answer is near to what may be held', async () => {
  const on: Record<string, object[]> = {}
  for (let tag = 0; tag < 300; tag++) on[`tag-${tag}`] = []
  for (let each = 0; each < 10_000; each++)
    for (let own = 0; own < 15; own++) on[`tag-${(each + own * 20) % 300}`]!.push(vm(each))
  const tagging = new FakeTagging(on)
  const { known } = await readTags(sessionWith(tagging))
  expect(known.size).toBe(10_000)
  expect([...known.values()].every((tags) => tags.length === 15)).toBe(true)
  expect(new Set([...known.values()].flat()).size).toBe(300) // shared, not one for each VM
  expect(tagging).toMatchObject({ mostTags: 200 })
  expect(tagging.largestAnswerBytes).toBeLessThan(6 * 2 ** 20)
  expect(Object.fromEntries(tagging.asked)).toMatchObject({ 'list-attached-objects-on-tags': 2, tag: 301 })
})

it('says why nothing is known, but an abort is an abort', async () => {
  const refused = fail('vsphere.automation-login-refused', { host: 'vcenter.example', username: 'backup' })
  const session = sessionWith({ host: 'vcenter.example', call: () => Promise.reject(refused) })
  expect(await readTags(session)).toEqual({ known: new Map(), unknown: refused })
  const reason = new Error('Ctrl-C')
  await expect(readTags(session, AbortSignal.abort(reason))).rejects.toBe(reason)
})
