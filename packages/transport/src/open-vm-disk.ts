import { fail } from './errors.ts'
import { FallbackDisk } from './fallback-disk.ts'
import type { TransportSettings } from './settings.ts'
import type { VmDiskInPlace, VmDiskReader, VmDiskRequest, VmDiskWriter } from './transport.ts'
import { transports } from './transports.ts'

/**
 * Opens a disk of a snapshot, or of a VM that is off, for reading: by the first transport of the order that reaches it. If that fails,
 * now or in the midst of the disk, the next one goes on where it stopped. Passes `diskReaderContract`.
 *
 * @throws `transport.none-fits`; what the last transport threw
 */
export async function openVmDisk(request: VmDiskRequest): Promise<VmDiskReader> {
  const { settings } = request
  const judged = settings.order.map((name) => ({ name, whyNot: transports[name].whyNot(request, settings) }))
  const reasons = judged.flatMap(({ name, whyNot }) => (whyNot === undefined ? [] : [`${name}: ${whyNot}`]))
  const candidates = judged
    .filter(({ whyNot }) => whyNot === undefined)
    .map(({ name }) => ({ name, open: (asked: VmDiskRequest) => transports[name].open(asked) }))
  if (candidates.length === 0) throw fail('transport.none-fits', { disk: request.path, reasons })
  return await FallbackDisk.open(request, candidates)
}

/**
 * Opens a disk of a VM that is off for writing. Its holes stay holes where nothing is written. The next transport takes over only if the
 * one before did not open it.
 *
 * @throws `transport.none-writes`; what the last transport threw
 */
export async function openVmDiskForWriting(request: VmDiskRequest): Promise<VmDiskWriter> {
  const { settings, path, signal } = request
  const names = thatWrite(settings).order.filter((name) => transports[name].whyNot(request, settings) === undefined)
  for (const [at, name] of names.entries())
    try {
      return await transports[name].openForWriting!(request)
    } catch (error) {
      signal.throwIfAborted()
      const to = names[at + 1]
      if (to === undefined) throw error
      request.onFallback({ from: name, to, cause: error })
    }
  throw fail('transport.none-writes', { disk: path, order: settings.order })
}

/** Opens a disk of a VM that is off to change it where it must be. @throws `transport.none-writes` */
export async function openVmDiskInPlace(request: VmDiskRequest): Promise<VmDiskInPlace> {
  const name = request.settings.order.find((candidate) => transports[candidate].openInPlace !== undefined)
  if (name === undefined) throw fail('transport.none-writes', { disk: request.path, order: request.settings.order })
  return await transports[name].openInPlace!(request)
}

/**
 * Refuses what none of the transports can do, before anything is made, marked or switched off for it.
 *
 * @throws `transport.none-writes`
 */
export function requireThatWrite(
  { order }: TransportSettings,
  what: string,
  how: 'openForWriting' | 'openInPlace' = 'openForWriting',
): void {
  if (!order.some((name) => transports[name][how] !== undefined))
    throw fail('transport.none-writes', { disk: what, order })
}

/** The transports by which a disk is both written and read back: a mounted datastore may show a state from before the write. */
export const thatWrite = (settings: TransportSettings): TransportSettings => ({
  ...settings,
  order: settings.order.filter((name) => transports[name].openForWriting !== undefined),
})

/** The transports by which a disk that was just written is read back: those that write, and a lease, which shows what is there now. */
export const thatReadBack = (settings: TransportSettings): TransportSettings => ({
  ...settings,
  order: settings.order.filter((name) => name === 'lease' || transports[name].openForWriting !== undefined),
})

/** Whether a new VM comes in whole, with all its disks, through a lease: where no transport before it writes disks one by one. */
export const importsWholeVm = (settings: TransportSettings): boolean => thatReadBack(settings).order[0] === 'lease'
