import type { AutomationAnswer, AutomationCall } from './answer-automation.ts'
import type { LabCategory, LabTag, Tags } from './tags.ts'

const notFound = { status: 404, type: 'NOT_FOUND' } as const
const root = '/cis/tagging'

/** Categories, tags, and what tags are attached to: reading, and attaching. */
export function answerTagging({ method, path, action, body }: AutomationCall, tags: Tags): AutomationAnswer {
  const [kind, id] = path.startsWith(`${root}/`) ? path.slice(root.length + 1).split('/') : []
  if (method === 'GET' && kind === 'category') return one(tags.categories, id, describeCategory)
  if (method === 'GET' && kind === 'tag') return one(tags.tags, id, describeTag)
  if (method !== 'POST' || kind !== 'tag-association') return notFound
  if (action === 'list-attached-tags') return attachedTo((body as { object_id?: unknown })?.object_id, tags)
  if (action === 'list-attached-tags-on-objects') return attachedToEach(body, tags)
  if (action === 'list-attached-objects-on-tags') return objectsOfEach(body, tags)
  if (action !== 'list-attached-objects' && action !== 'attach') return notFound
  const tag = tags.tags.find((candidate) => candidate.id === id)
  if (tag === undefined) return notFound
  return action === 'attach' ? attach(tag, body, tags) : { value: tags.objectsWith(tag).map(objectOf) }
}

function one<T extends { readonly id: string }>(
  all: readonly T[],
  id: string | undefined,
  describe: (item: T) => unknown,
): AutomationAnswer {
  if (id === undefined) return { value: all.map((item) => item.id) }
  const found = all.find((item) => item.id === id)
  return found === undefined ? notFound : { value: describe(found) }
}

const describeCategory = ({ id, name }: LabCategory) => ({
  id,
  name,
  description: '',
  cardinality: 'MULTIPLE',
  associable_types: [],
  used_by: [],
})

const describeTag = ({ id, name, category }: LabTag) => ({
  id,
  name,
  category_id: category.id,
  description: '',
  used_by: [],
})

const objectOf = (id: string) => ({ id, type: 'VirtualMachine' })
/** Source: "vSphere 7.0 U1 Tagging Best Practices": more than so many in a call may be refused. Evidence: documented. */
const tagsMax = 2000
const invalid = { status: 400, type: 'INVALID_ARGUMENT' } as const

function attach(tag: LabTag, body: unknown, tags: Tags): AutomationAnswer {
  const id = idOf((body as { object_id?: unknown } | undefined)?.object_id)
  if (id === undefined) return invalid
  tags.attachTag(id, tag)
  return { value: undefined }
}

function attachedTo(object: unknown, tags: Tags): AutomationAnswer {
  const id = idOf(object)
  return id === undefined ? invalid : { value: tags.of(id).map((tag) => tag.id) }
}

function attachedToEach(body: unknown, tags: Tags): AutomationAnswer {
  const objects = (body as { object_ids?: unknown } | undefined)?.object_ids
  if (!Array.isArray(objects) || objects.some((object) => idOf(object) === undefined)) return invalid
  const entries = objects.map((object) => ({
    object_id: object as unknown,
    tag_ids: tags.of(idOf(object)!).map(({ id }) => id),
  }))
  return { value: entries.filter(({ tag_ids: ids }) => ids.length > 0) } // what has none is left out
}

function objectsOfEach(body: unknown, tags: Tags): AutomationAnswer {
  const ids = (body as { tag_ids?: unknown } | undefined)?.tag_ids
  if (!Array.isArray(ids) || ids.length > tagsMax) return invalid
  const asked = tags.tags.filter(({ id }) => ids.includes(id))
  if (asked.length < ids.length) return notFound
  return { value: asked.map((tag) => ({ tag_id: tag.id, object_ids: tags.objectsWith(tag).map(objectOf) })) }
}

function idOf(object: unknown): string | undefined {
  const { id, type } = (object ?? {}) as { readonly id?: unknown; readonly type?: unknown }
  return typeof id === 'string' && typeof type === 'string' ? id : undefined
}
