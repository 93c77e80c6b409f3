import { messageOf } from '@vmkeep/kit'
import type { VmNetwork } from '../inventory/vm-network.ts'
import { decodeConfigXml } from '../snapshots/capture-snapshot.ts'
import { encodeItem } from '../soap/encode-value.ts'
import { busOf, isController } from '../vm/controllers.ts'
import type { Reason } from '../vm/why-not-disk.ts'
import { buildCreateSpec } from './build-create-spec.ts'
import type { CreatePlan } from './create-options.ts'

/** Whether a saved configuration makes a VM again, and what that VM would lack. */
export interface Recreation {
  /** Whether a new VM with all the saved disks can be made of it. Where it can't, disks still come back as files and in place. */
  readonly possible: boolean
  /** Why not. Empty where it is possible. */
  readonly reasons: readonly Reason[]
  /** What would be different from the saved VM. */
  readonly losses: readonly Reason[]
}

export interface RecreationSurroundings {
  readonly name: string
  readonly apiVersion: string
  /** The networks the VM is on: a new VM beside it could have them all. */
  readonly networks: readonly VmNetwork[]
}

/**
 * Tries at backup time what a restore does later: builds the new VM's spec from the very bytes that are kept. Nothing is asked of vSphere, and
 * nothing thrown: a backup whose VM can't be made again is a backup all the same, but its owner must know the same night.
 */
export function recreationOf(configXml: string, { name, apiVersion, networks }: RecreationSurroundings): Recreation {
  try {
    const saved = decodeConfigXml(configXml)
    const datastoreName = 'any'
    const nets = { savedNetworks: networks, targetNetworks: networks }
    const plan = buildCreateSpec(saved, { name, datastoreName, apiVersion, marker: 'trial', ...nets })
    encodeItem('config', plan.spec, { kind: 'object', type: 'VirtualMachineConfigSpec', isPolymorphic: false })
    const reasons = [...missingParts(plan), ...disksWithoutController(plan)]
    return { possible: reasons.length === 0, reasons, losses: plan.warnings }
  } catch (error) {
    const sentence = `The saved configuration makes no VM: ${messageOf(error)}.`
    return { possible: false, reasons: [{ code: 'config-unusable', sentence }], losses: [] }
  }
}

/** What no VM can be made without, and the server may leave out of an answer. */
function missingParts({ spec }: CreatePlan): Reason[] {
  const needed = { guestId: spec.guestId, 'number of CPUs': spec.numCPUs, 'memory size': spec.memoryMB }
  const missing = Object.entries(needed).flatMap(([what, value]) => (value === undefined ? [what] : []))
  return missing.map((what) => ({
    code: 'config-incomplete',
    sentence: `The saved configuration has no ${what}.`,
  }))
}

/** Every VM has two IDE controllers; all other controllers must be in the spec, or `addDisk` finds none. */
function disksWithoutController({ spec, disks }: CreatePlan): Reason[] {
  const made = (spec.deviceChange ?? []).flatMap(({ device }) => (isController(device) ? [device] : []))
  const isThere = (bus: string, busNumber: number) =>
    bus === 'ide' ? busNumber < 2 : made.some((device) => busOf(device) === bus && device.busNumber === busNumber)
  return disks
    .filter(({ slot }) => !isThere(slot.bus, slot.busNumber))
    .map(({ label, slot }) => ({
      code: 'no-controller',
      sentence: `${label} has no controller ${slot.bus}${slot.busNumber} to hang on in a new VM. Restore it to files.`,
    }))
}
