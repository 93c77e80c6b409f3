import { type Handlers, sessionOf, targetAs } from '../soap/call.ts'
import { addSessionObject, removeSessionObject } from '../soap/session-objects.ts'
import { encodeOneProperty } from './fetch-property.ts'
import { PropertyCollection, PropertyCollector } from './property-collector.ts'
import { PropertyFilter } from './property-filter.ts'
import { retrieveProperties } from './retrieve-properties.ts'

export const propertyCollectorMethods: Handlers = {
  RetrieveProperties: ({ world, request, cookie }) => [
    ...retrieveProperties(world.inventory, request.specSet, cookie.session),
  ],

  RetrievePropertiesEx(call) {
    const contents = retrieveProperties(call.world.inventory, call.request.specSet, call.cookie.session)
    const asked = call.request.options.maxObjects ?? Infinity
    const objectsMax = Math.max(1, Math.min(asked, call.world.settings.pageObjectsMax))
    return call.world.pages(sessionOf(call)).start(contents, objectsMax)
  },

  ContinueRetrievePropertiesEx: (call) => call.world.pages(sessionOf(call)).next(call.request.token),
  CancelRetrievePropertiesEx: (call) => call.world.pages(sessionOf(call)).cancel(call.request.token),

  CreatePropertyCollector(call) {
    const { world } = call
    const session = sessionOf(call)
    const collection = new PropertyCollection({ inventory: world.inventory, clock: world.clock, session })
    return addSessionObject(world, session, (value) => new PropertyCollector(value, () => collection)).ref
  },

  DestroyPropertyCollector(call) {
    const session = sessionOf(call)
    const collection = targetAs(call, PropertyCollector).collection(session)
    collection.cancel()
    for (const filter of collection.filters.values()) removeSessionObject(call.world, session, filter)
    removeSessionObject(call.world, session, call.target)
  },

  CreateFilter(call) {
    const { world, request } = call
    const session = sessionOf(call)
    const { filters } = targetAs(call, PropertyCollector).collection(session)
    const options = { partialUpdates: request.partialUpdates, inventory: world.inventory, session }
    const filter = addSessionObject(world, session, (value) => new PropertyFilter(value, request.spec, options))
    filters.set(filter.ref.value, filter)
    world.inventory.changed() // whoever waits on this collector already must hear of the new filter's objects
    return filter.ref
  },

  DestroyPropertyFilter(call) {
    const session = sessionOf(call)
    for (const collection of call.world.collections(session)) collection.filters.delete(call.target.ref.value)
    removeSessionObject(call.world, session, call.target)
  },

  CheckForUpdates: (call) => targetAs(call, PropertyCollector).collection(sessionOf(call)).check(call.request.version),

  async WaitForUpdates(call) {
    const collection = targetAs(call, PropertyCollector).collection(sessionOf(call))
    const updates = await collection.wait(call.request.version, { signal: call.signal })
    return updates! // it waits for ever: without updates it has thrown
  },

  async WaitForUpdatesEx(call) {
    const { maxWaitSeconds, maxObjectUpdates } = call.request.options ?? {}
    const collection = targetAs(call, PropertyCollector).collection(sessionOf(call))
    return await collection.wait(call.request.version, {
      waitMs: maxWaitSeconds === undefined ? undefined : maxWaitSeconds * 1000,
      objectUpdatesMax: maxObjectUpdates === 0 ? undefined : maxObjectUpdates,
      signal: call.signal,
    })
  },

  CancelWaitForUpdates: (call) => targetAs(call, PropertyCollector).collection(sessionOf(call)).cancel(),

  Fetch: (call) => encodeOneProperty(call.target, call.request.prop, call.cookie.session),
}
