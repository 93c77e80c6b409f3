import { readVmHomes, type Session, type VmHome, type VmSummary } from '@vmkeep/vsphere'
import type { Messages } from '../output/messages.ts'

/** A VM, and the server that shows it. */
export interface Seen {
  readonly server: string
  readonly session: Session
  readonly vm: VmSummary
}

export interface SeenTwice {
  /** VMs that another server shows too, and that one is to back up: proven to be the same. */
  readonly through: ReadonlyMap<VmSummary, Seen>
  /** VMs of one instance uuid on several servers, of whom nobody can say whether they are one: each is what it seems to be. */
  readonly doubtful: readonly (readonly Seen[])[]
}

/**
 * Finds VMs that are seen twice: through a vCenter and through the host that it manages, or through one server that is configured twice.
 * The vCenter's goes first, if it reaches the VM.
 *
 * An instance uuid alone proves nothing, since copies may keep it. Two are one only if they also lie in the same vmx file of the same volume, on
 * the same host.
 */
export async function findSeenTwice(seen: readonly Seen[], signal: AbortSignal): Promise<SeenTwice> {
  const groups = Map.groupBy(seen, ({ vm }) => vm.instanceUuid?.toLowerCase())
  const several = [...groups].flatMap(([uuid, group]) => (uuid !== undefined && isOnSeveral(group) ? [group] : []))
  const homes = await homesOf(several.flat(), signal)
  const through = new Map<VmSummary, Seen>()
  const doubtful: (readonly Seen[])[] = []
  for (const group of several) {
    const kept: Seen[] = []
    let isClear = true
    for (const one of group.toSorted((a, b) => rankOf(a) - rankOf(b))) {
      const same = kept.find((other) => other.server !== one.server && isSame(homes.get(other.vm), homes.get(one.vm)))
      if (same !== undefined && same.vm.connectionState === 'connected') through.set(one.vm, same)
      else {
        isClear &&= kept.length === 0 || same !== undefined
        kept.push(one)
      }
    }
    if (!isClear) doubtful.push(kept)
  }
  return { through, doubtful }
}

const isOnSeveral = (group: readonly Seen[]) => group.some(({ server }) => server !== group[0]!.server)
const rankOf = ({ session }: Seen) => (session.isVCenter ? 0 : 1)

const isSame = (a: VmHome | undefined, b: VmHome | undefined) =>
  a !== undefined && b !== undefined && a.hostUuid === b.hostUuid && a.vmxFile === b.vmxFile

/** What cannot be read proves nothing. */
async function homesOf(seen: readonly Seen[], signal: AbortSignal): Promise<ReadonlyMap<VmSummary, VmHome>> {
  const homes = new Map<VmSummary, VmHome>()
  for (const [session, vms] of Map.groupBy(seen, (one) => one.session)) {
    const refs = vms.map(({ vm }) => vm.ref)
    const read = await readVmHomes(session, refs, signal).catch(() => new Map<string, VmHome>())
    signal.throwIfAborted()
    for (const { vm } of vms) {
      const home = read.get(vm.ref.value)
      if (home !== undefined) homes.set(vm, home)
    }
  }
  return homes
}

/** Says of whom there was a choice, and of whom there is a doubt. */
export function tellSeenTwice({ through, doubtful }: SeenTwice, seen: readonly Seen[], say: Messages): void {
  for (const { server, vm } of seen) {
    const other = through.get(vm)
    if (other !== undefined)
      say.info(`${server}/${vm.name} is the same VM as ${nameOf(other)}: backed up through ${other.server}`)
  }
  for (const group of doubtful)
    say.warn(
      `${group.map(nameOf).join(' and ')} have one instance uuid and may be one VM, which nothing proves: each is backed up. ` +
        'If they are one, name the servers of policies (vcenters), or leave one out with --exclude',
    )
}

const nameOf = ({ server, vm }: Seen) => `${server}/${vm.name}`
