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
  'transport.lease-without-disk': [
    'change-request',
    (d: { disk: string; offered: readonly string[] }) =>
      `the lease does not offer ${d.disk}, only ${d.offered.length === 0 ? 'nothing' : d.offered.join(', ')}; add nbdssl to the transports`,
  ],
  'transport.lease-another-disk': [
    'call-operator',
    (d: { disk: string; fact: string }) =>
      `${d.disk}: the lease sends another disk: ${d.fact}; add nbdssl to the transports, and look at the VM's devices`,
  ],
  'transport.lease-altered': [
    'quarantine',
    (d: { disk: string; fact: string }) =>
      `${d.disk}: what arrived is not what vSphere says it sent: ${d.fact}; none of it is kept: start again, and look at what stands between`,
  ],
  'transport.lease-unproven': [
    'quarantine',
    (d: { disk: string; fact: string }) =>
      `${d.disk}: nothing proves that all of it arrived: ${d.fact}; none of it is kept: take lease out of the transports`,
  ],
  'transport.another-disk': [
    'change-request',
    (d: { disk: string; path: string; fact: string }) =>
      `${d.path} is not ${d.disk}: ${d.fact}; check which datastore is mounted there`,
  ],
})
