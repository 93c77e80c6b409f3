/** What makes a snapshot or a half-restored VM provably ours: who made it, in which run, of which VM. */
export interface Marker {
  readonly instanceId: string
  readonly runId: string
  /** vSphere's instanceUuid of the VM, lower case. */
  readonly vmUuid: string
}

const shape = /^vmkeep\.([0-9a-f]{8})\.([0-9a-f]{12})\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/

/** 65 characters, within the 80 that vSphere keeps of a snapshot's name. */
export function formatMarker({ instanceId, runId, vmUuid }: Marker): string {
  return `vmkeep.${instanceId}.${runId}.${vmUuid.toLowerCase()}`
}

export function parseMarker(text: string): Marker | undefined {
  const [, instanceId, runId, vmUuid] = shape.exec(text) ?? []
  return instanceId === undefined || runId === undefined || vmUuid === undefined
    ? undefined
    : { instanceId, runId, vmUuid }
}

/** The description of our snapshots: for the admin who finds one, with the marker in its last line. */
export function describeSnapshot(marker: Marker): string {
  return `Temporary snapshot of a vmkeep backup. vmkeep removes it by itself; if it is still here when no backup runs, start vmkeep once more.\n${formatMarker(marker)}`
}

/** Whether a snapshot with this name and description is the one of `marker`: both must carry it. */
export function isMarkedBy(marker: Marker, found: { readonly name: string; readonly description: string }): boolean {
  const text = formatMarker(marker)
  return found.name === text && (found.description.trimEnd().split('\n').at(-1) ?? '') === text
}

/** What a restore point tells of the backup that took its snapshot. */
export type TakenBy = Omit<Marker, 'instanceId'>

/** Whether a snapshot is the one that a run has taken of a VM, whichever installation it was of. */
export function isTakenBy(
  { runId, vmUuid }: TakenBy,
  found: { readonly name: string; readonly description: string },
): boolean {
  const marker = parseMarker(found.name)
  return marker?.runId === runId && marker.vmUuid === vmUuid && isMarkedBy(marker, found)
}
