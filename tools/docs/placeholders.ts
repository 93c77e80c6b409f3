/**
 * Stands for the details of an error, whatever they are: `d.path` becomes `‹path›`, `d.vms.join(', ')` becomes `‹vms›`.
 * A message that asks something of a detail gets the answer "there is something".
 */
export function placeholders(name = ''): unknown {
  const text = name === '' ? '' : `‹${name}›`
  const self: unknown = new Proxy(() => self, {
    get: (_, key) => {
      if (key === Symbol.toPrimitive) return () => text
      if (key === Symbol.iterator) return () => [self][Symbol.iterator]()
      if (typeof key === 'symbol') return undefined
      if (name === '') return placeholders(key)
      if (key === 'length') return 2 // some, and more than one
      // what arrays, texts and numbers can do gives the thing itself back; what records hold, a name of its own
      return methods.has(key) ? () => self : placeholders(`${name}.${key}`)
    },
  })
  return self
}

const methods: ReadonlySet<string> = new Set(
  [Array, String, Number].flatMap((type) => Object.getOwnPropertyNames(type.prototype)),
)
