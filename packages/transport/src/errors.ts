import { defineErrors } from '@vmkeep/kit'

export const fail = defineErrors({
  'transport.none-fits': [
    'change-request',
    (d: { disk: string; reasons: readonly string[] }) =>
      `no transport reaches ${d.disk}: ${d.reasons.join('; ')}; add nbdssl to the transports`,
  ],
  'transport.none-writes': [
    'change-request',
    (d: { disk: string; order: readonly string[] }) =>
      `${d.disk} cannot be written by ${d.order.join(' or ')}; add nbdssl to the transports`,
  ],
  'transport.another-disk': [
    'change-request',
    (d: { disk: string; path: string; fact: string }) =>
      `${d.path} is not ${d.disk}: ${d.fact}; check which datastore is mounted there`,
  ],
})
