import { uuidOf } from '../config/uuid.ts'
import { VimFault } from '../faults/vim-fault.ts'
import type { LabObject } from '../inventory/lab-object.ts'
import type { World } from '../inventory/world.ts'
import type { Session } from './session.ts'

const objectsMax = 5000 // a client that never destroys its views must not fill the lab's memory

/** Makes an object that belongs to a session and ends with it, named as vSphere names such: `session[52a3…]52b1…`. @throws VimFault `LimitExceeded` */
export function addSessionObject<T extends LabObject>(world: World, session: Session, make: (value: string) => T): T {
  if (session.objects.size >= objectsMax) throw new VimFault('LimitExceeded', { limit: objectsMax })
  const object = make(`session[${session.key}]${uuidOf(world.random)}`)
  session.objects.set(object.ref.value, object)
  return world.inventory.add(object)
}

export function removeSessionObject(world: World, session: Session, object: LabObject): void {
  if (session.objects.delete(object.ref.value)) world.inventory.remove(object)
}

/** Removes all a session made. */
export function removeSessionObjects(world: World, session: Session): void {
  for (const object of session.objects.values()) world.inventory.remove(object)
  session.objects.clear()
}
