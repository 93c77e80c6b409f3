import { defineErrors } from '@vmkeep/kit'

export const fail = defineErrors({
  'vmfs.damaged': [
    'call-operator',
    (d: { place: string; fact: string }) =>
      `${d.place}: ${d.fact}; the volume is damaged, was changed while it was read, or is not what vmkeep knows: let another transport read the disk`,
  ],
  'vmfs.unsupported': [
    'change-request',
    (d: { place: string; fact: string }) =>
      `${d.place} ${d.fact}, which vmkeep does not read; let another transport read the disk`,
  ],
  'vmfs.not-found': [
    'change-request',
    (d: { path: string; volume: string }) =>
      `${d.path} is not on the volume ${d.volume}; check the path, and that it is the datastore meant`,
  ],
  'vmfs.device-missing': [
    'call-operator',
    (d: { volume: string; fact: string }) =>
      `the volume ${d.volume} is not whole here: ${d.fact}; make all of its LUNs visible to this machine`,
  ],
})
