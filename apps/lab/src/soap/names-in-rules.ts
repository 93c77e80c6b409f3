import { plainName } from '../inventory/entity-name.ts'
import type { LabObject } from '../inventory/lab-object.ts'
import { ManagedEntity } from '../inventory/managed-entity.ts'
import { VirtualMachine } from '../inventory/virtual-machine.ts'
import { Snapshot } from '../inventory/vm/snapshot.ts'
import { HttpNfcLease } from '../leases/http-nfc-lease.ts'
import { Task } from '../tasks/task.ts'

/** What an object may be called in a rule: its moref and its name; a snapshot or a task also by its VM's. */
export function namesInRules(object: LabObject): readonly string[] {
  const vm = vmOf(object)
  const own = object instanceof ManagedEntity ? [object.ref.value, plainName(object.name)] : [object.ref.value]
  return vm === undefined || vm === object ? own : [...own, vm.ref.value, plainName(vm.name)]
}

/** The VM an object is, or belongs to. */
export function vmOf(object: LabObject): VirtualMachine | undefined {
  if (object instanceof VirtualMachine) return object
  if (object instanceof Snapshot) return object.owner
  if (object instanceof HttpNfcLease) return object.vm
  return object instanceof Task && object.spec.entity instanceof VirtualMachine ? object.spec.entity : undefined
}
