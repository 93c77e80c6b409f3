import type { TransportName, TransportSettings } from './settings.ts'
import type { DiskPlace } from './transport.ts'
import { transports } from './transports.ts'

export interface TransportChoice {
  readonly name: TransportName
  readonly why: string
  /** What stood before it in the order, and why it was passed over. */
  readonly passedOver: readonly { readonly name: TransportName; readonly whyNot: string }[]
}

/** Which transport will be tried first for a disk, and why. `undefined`: none of the order reaches it. */
export function chooseTransport(disk: DiskPlace, settings: TransportSettings): TransportChoice | undefined {
  const passedOver: { name: TransportName; whyNot: string }[] = []
  for (const name of settings.order) {
    const whyNot = transports[name].whyNot(disk, settings)
    if (whyNot === undefined) return { name, why: transports[name].why, passedOver }
    passedOver.push({ name, whyNot })
  }
  return undefined
}
