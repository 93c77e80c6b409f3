import type { VirtualMachine } from '../virtual-machine.ts'

/** Waits while a question stands: nothing can be done to the VM until somebody answers it, or the task is cancelled. */
export async function untilAnswered(vm: VirtualMachine, signal: AbortSignal): Promise<void> {
  while (vm.question !== undefined) {
    const change = Promise.withResolvers<void>()
    using _listening = vm.world.inventory.onChange(change.resolve)
    const stop = () => change.reject(signal.reason as Error)
    signal.addEventListener('abort', stop, { once: true })
    try {
      signal.throwIfAborted()
      await change.promise
    } finally {
      signal.removeEventListener('abort', stop)
    }
  }
}
