/** What `promise` gives, or the reason of the first signal to abort if that comes sooner. The work behind it goes on unheard. */
export function sooner<T>(promise: Promise<T>, ...signals: readonly (AbortSignal | undefined)[]): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave: (() => void)[] = []
    for (const signal of signals) {
      if (signal === undefined) continue
      const stop = () => reject(signal.reason as Error)
      if (signal.aborted) stop()
      signal.addEventListener('abort', stop, { once: true })
      leave.push(() => signal.removeEventListener('abort', stop))
    }
    const left = () => leave.forEach((each) => each())
    promise.then(resolve, reject).finally(left).catch(left)
  })
}
