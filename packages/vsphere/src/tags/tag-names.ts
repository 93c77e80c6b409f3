import type { AppError } from '@vmkeep/kit'
import type { Automation } from '../automation/automation.ts'
import { fail } from '../errors.ts'
import { remembered } from '../remembered.ts'
import type { VmTag } from './vm-tag.ts'

/** The numbers of all tags. */
export async function tagIds(automation: Automation): Promise<string[]> {
  const path = '/cis/tagging/tag'
  return listOf(automation, path, await automation.call({ method: 'GET', path })).map(String)
}

/** Tags and categories are asked for by number, each once. */
export class TagNames {
  readonly #automation: Automation
  readonly #categories = new Map<string, Promise<string>>()

  constructor(automation: Automation) {
    this.#automation = automation
  }

  async named(id: string): Promise<VmTag> {
    const tag = await this.#get('/cis/tagging/tag', id)
    const category = textOf(tag['category_id'])
    return { name: textOf(tag['name']), category: await this.#category(category) }
  }

  #category(id: string): Promise<string> {
    return remembered(this.#categories, id, async () => textOf((await this.#get('/cis/tagging/category', id))['name']))
  }

  async #get(path: string, id: string): Promise<Readonly<Record<string, unknown>>> {
    const answer = await this.#automation.call({ method: 'GET', path, id })
    if (typeof answer !== 'object' || answer === null) throw bad(this.#automation, path, 'no object')
    return answer as Record<string, unknown>
  }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

export function listOf(automation: Automation, what: string, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw bad(automation, what, 'no list')
  return value
}

export const bad = ({ host }: Automation, what: string, reason: string): AppError =>
  fail('vsphere.bad-answer', { host, what, reason })
