import { fail } from '../errors.ts'
import { remembered } from '../remembered.ts'
import type { Session } from '../session/session.ts'
import type { ManagedObjectReference } from '../types/index.ts'

/** A tag of vSphere: the tag `prod` of the category `env`. */
export interface VmTag {
  readonly category: string
  readonly name: string
}

type Asked = Pick<Session, 'automation' | 'host'>

/** How many objects one question names. Source: vSphere Automation API, TagAssociation: 2,000 associations a call. Evidence: documented. */
const objectsMax = 500

/**
 * The tags of each of these VMs, by reference.
 *
 * @param tags names that are known already, for who asks for one VM after the other
 * @throws `vsphere.automation-missing` (an ESXi host has no tags), `vsphere.automation-refused`
 */
export async function readTags(
  session: Asked,
  vms: readonly ManagedObjectReference[],
  signal?: AbortSignal,
  tags = new TagNames(session, signal),
): Promise<ReadonlyMap<string, readonly VmTag[]>> {
  const found = new Map<string, VmTag[]>()
  for (let at = 0; at < vms.length; at += objectsMax) {
    const object_ids = vms.slice(at, at + objectsMax).map(({ type, value }) => ({ id: value, type }))
    const path = '/cis/tagging/tag-association'
    const request = { method: 'POST', path, action: 'list-attached-tags-on-objects', body: { object_ids } } as const
    for (const entry of listOf(session, path, await session.automation(request, signal))) {
      const { object_id: object, tag_ids: ids } = entry as { object_id?: { id?: unknown }; tag_ids?: unknown }
      if (typeof object?.id !== 'string') throw bad(session, path, 'an entry without its object')
      const own: VmTag[] = []
      // An object without tags is left out or has no list. Source: vcsim. Evidence: observed.
      for (const id of listOf(session, path, ids ?? [])) own.push(await tags.named(String(id)))
      found.set(object.id, own)
    }
  }
  return found
}

/** The numbers of all tags. */
export async function tagIds(session: Asked, signal?: AbortSignal): Promise<string[]> {
  const path = '/cis/tagging/tag'
  return listOf(session, path, await session.automation({ method: 'GET', path }, signal)).map(String)
}

/** Tags and categories are asked for by number, each once. */
export class TagNames {
  readonly #session: Asked
  readonly #signal: AbortSignal | undefined
  readonly #tags = new Map<string, Promise<VmTag>>()
  readonly #categories = new Map<string, Promise<string>>()

  constructor(session: Asked, signal: AbortSignal | undefined) {
    this.#session = session
    this.#signal = signal
  }

  named(id: string): Promise<VmTag> {
    return remembered(this.#tags, id, async () => {
      const tag = await this.#get('/cis/tagging/tag', id)
      const category = textOf(tag['category_id'])
      return { name: textOf(tag['name']), category: await this.#category(category) }
    })
  }

  #category(id: string): Promise<string> {
    return remembered(this.#categories, id, async () => textOf((await this.#get('/cis/tagging/category', id))['name']))
  }

  async #get(path: string, id: string): Promise<Readonly<Record<string, unknown>>> {
    const answer = await this.#session.automation({ method: 'GET', path, id }, this.#signal)
    if (typeof answer !== 'object' || answer === null) throw bad(this.#session, path, 'no object')
    return answer as Record<string, unknown>
  }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

function listOf(session: Asked, what: string, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw bad(session, what, 'no list')
  return value
}

const bad = ({ host }: Asked, what: string, reason: string) => fail('vsphere.bad-answer', { host, what, reason })
