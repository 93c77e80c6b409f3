import type { DataObject } from '@vmkeep/vsphere/types'
import { VimFault } from '../faults/vim-fault.ts'

type ObjectContent = DataObject<'ObjectContent'>
export type RetrieveResult = DataObject<'RetrieveResult'>

const openMax = 100 // tokens a client may leave unused; the oldest dies then

/** Answers handed out a page at a time. A token is good once; what is left is read only when it is asked for. */
export class PagedResults {
  readonly #open = new Map<string, { readonly rest: Iterator<ObjectContent>; readonly objectsMax: number }>()
  #count = 0

  /** The first page; `undefined` if there is nothing at all. */
  start(contents: Iterable<ObjectContent>, objectsMax: number): RetrieveResult | undefined {
    const page = this.#page(contents[Symbol.iterator](), objectsMax)
    return page.objects.length === 0 ? undefined : page
  }

  /** @throws VimFault `InvalidArgument` for a token nobody gave out, or one used before */
  next(token: string): RetrieveResult {
    const { rest, objectsMax } = this.#take(token)
    return this.#page(rest, objectsMax)
  }

  /** @throws VimFault `InvalidArgument` */
  cancel(token: string): void {
    this.#take(token)
  }

  #take(token: string): { readonly rest: Iterator<ObjectContent>; readonly objectsMax: number } {
    const open = this.#open.get(token)
    if (open === undefined) throw new VimFault('InvalidArgument', { invalidProperty: 'token' })
    this.#open.delete(token)
    return open
  }

  #page(contents: Iterator<ObjectContent>, objectsMax: number): RetrieveResult {
    const objects: ObjectContent[] = []
    while (objects.length < objectsMax) {
      const { done, value } = contents.next()
      if (done === true) return { objects }
      objects.push(value)
    }
    const { done, value: ahead } = contents.next() // a token must not lead to an empty page
    if (done === true) return { objects }
    const token = `${this.#count++}`
    for (const oldest of this.#open.keys()) if (this.#open.size >= openMax) this.#open.delete(oldest)
    this.#open.set(token, { rest: startingWith(ahead, contents), objectsMax })
    return { token, objects }
  }
}

function* startingWith<T>(first: T, rest: Iterator<T>): Generator<T> {
  yield first
  for (let next = rest.next(); next.done !== true; next = rest.next()) yield next.value
}
