import { collect } from '@vmkeep/kit'
import type { Session } from '../session/session.ts'
import { errorOfFault } from '../soap/fault-error.ts'
import type { XmlElement } from '../soap/xml-element.ts'
import type { ManagedObjectName, ManagedObjectReference, Request } from '../types/data-object.ts'
import { retrieve, type Retrieved } from './retrieve.ts'

/**
 * Reads properties of one object. Those that are unset are absent.
 *
 * @throws `vsphere.not-found` if it is gone, `vsphere.no-permission` if one of them may not be read; `vsphere.*`
 */
export async function readProperties<N extends ManagedObjectName, const P extends string>(
  session: Session,
  { type, ref, paths }: { readonly type: N; readonly ref: ManagedObjectReference; readonly paths: readonly P[] },
  signal?: AbortSignal,
): Promise<Retrieved<N, P>['properties']> {
  const [found] = await collect(retrieve(session, { type, paths, from: ref }, signal))
  if (found === undefined) throw refusal(session, ref, { $type: 'ManagedObjectNotFound', obj: ref }, '')
  const [missing] = found.missing
  if (missing !== undefined)
    throw refusal(session, ref, missing.fault.fault, `${missing.path}: ${missing.fault.localizedMessage ?? ''}`)
  return found.properties
}

/**
 * Reads one property as the XML it came in, unknown types and fields included; `undefined` if it is unset.
 * `decodeValueXml` reads it back, now or years later.
 *
 * @throws as {@link readProperties}
 */
export async function readPropertyXml(
  session: Session,
  { ref, path }: { readonly ref: ManagedObjectReference; readonly path: string },
  signal?: AbortSignal,
): Promise<string | undefined> {
  const request: Request<'RetrievePropertiesEx'> = {
    _this: session.content.propertyCollector,
    specSet: [{ propSet: [{ type: ref.type, pathSet: [path] }], objectSet: [{ obj: ref }] }],
    options: {},
  }
  const response = await session.callXml('RetrievePropertiesEx', request, { signal })
  const objects = response.child('returnval')?.children.filter(({ name }) => name === 'objects') ?? []
  const sets = objects.flatMap((object) => object.children)
  const missing = sets.find((set) => set.name === 'missingSet')
  // The typed reading tells what is wrong, with the right code.
  if (missing !== undefined || objects.length === 0)
    await readProperties(session, { type: ref.type as ManagedObjectName, ref, paths: [path] }, signal)
  return sets.find((set) => isProperty(set, path))?.child('val')?.xml
}

const isProperty = (set: XmlElement, path: string): boolean =>
  set.name === 'propSet' && set.child('name')?.text === path

const refusal = (
  { host }: Session,
  object: ManagedObjectReference,
  fault: Parameters<typeof errorOfFault>[0],
  text: string,
): Error => errorOfFault(fault, { host, method: 'RetrievePropertiesEx', object, text })
