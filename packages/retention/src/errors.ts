import { defineErrors } from '@vmkeep/kit'

interface At {
  /** The place in the configuration: `policies.gold.retention.keepDaily`. */
  at: string
}

export const fail = defineErrors({
  'retention.not-a-map': ['change-request', (d: At) => `${d.at} must hold keys and values, such as "keepDaily: 7"`],
  'retention.unknown-key': [
    'change-request',
    (d: At & { found: string; known: readonly string[] }) =>
      `there is no ${d.found} in ${d.at}; it can hold ${d.known.join(', ')}`,
  ],
  'retention.mode-unknown': [
    'change-request',
    (d: At & { found: string }) =>
      `${d.at} is ${d.found}; write "cascade" (each rule adds older points, as in Proxmox Backup Server) or "independent" (each rule counts for itself, as in restic)`,
  ],
  'retention.clock-unknown': [
    'change-request',
    (d: At & { found: string }) =>
      `${d.at} is ${d.found}; write "storage" (when the storage took a point) or "writer" (what the machine said that wrote it)`,
  ],
  'retention.time-zone-unknown': [
    'change-request',
    (d: At & { found: string }) =>
      `${d.at} is ${d.found}, which is no time zone that this machine knows; write an IANA name such as Europe/Berlin, Asia/Shanghai or UTC`,
  ],
  'retention.count-invalid': [
    'change-request',
    (d: At & { found: string }) => `${d.at} is ${d.found}; write how many to keep, such as 7, or "all", or 0 for none`,
  ],
  'retention.duration-invalid': [
    'change-request',
    (d: At & { found: string }) =>
      `${d.at} is ${d.found}; write years, months, days and hours in this order, such as 1y5m7d2h or 30d (m is months)`,
  ],
  'retention.within-in-cascade': [
    'change-request',
    (d: At) => `${d.at} goes only with "mode: independent"; use counts, or change the mode`,
  ],
  'retention.tags-invalid': [
    'change-request',
    (d: At & { found: string }) =>
      `${d.at} is ${d.found}; write a list of tags such as [audit, "prod,quarter-end"], where a comma means that a point must have both`,
  ],
  'retention.gfs-invalid': [
    'change-request',
    (d: At & { found: string }) =>
      `${d.at} is ${d.found}; write for how many of them a flagged point is kept, 0 to 1000`,
  ],
  'retention.gfs-alone': [
    'change-request',
    (d: At) =>
      `${d.at}.gfs flags points made from now on, and says nothing of the others: give also keepLast or keepDaily, for how long points without a flag are kept`,
  ],
  'retention.min-age-invalid': [
    'change-request',
    (d: At & { found: string }) =>
      `${d.at} is ${d.found}; write hours or days, such as 24h or 7d, or 0h for no minimum`,
  ],
  'retention.share-invalid': [
    'change-request',
    (d: At & { found: string }) => `${d.at} is ${d.found}; write a percentage above 0 % and up to 100 %, such as 20%`,
  ],
  'retention.switch-invalid': [
    'change-request',
    (d: At & { found: string }) => `${d.at} is ${d.found}; write true or false`,
  ],
  'retention.point-time-invalid': [
    'call-operator',
    (d: { point: string; timeMs: number }) =>
      `the storage gives restore point ${d.point} a time that can't be (${d.timeMs} ms since 1970); nothing was decided: check the storage's clock and run "verify"`,
  ],
  'retention.point-twice': [
    'report-bug',
    (d: { point: string }) => `restore point ${d.point} was listed twice; nothing was decided`,
  ],
})
