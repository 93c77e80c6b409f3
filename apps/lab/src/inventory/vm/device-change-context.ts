import { VimFault } from '../../faults/vim-fault.ts'

/** Which change of a spec is being worked out, and what the spec's own negative keys have become so far. */
export interface DeviceChangeContext {
  readonly index: number
  readonly keys: Map<number, number>
}

export const refused = (property: string, { index }: DeviceChangeContext): VimFault =>
  new VimFault('InvalidDeviceSpec', { property: `virtualDeviceSpec.${property}`, deviceIndex: index })
