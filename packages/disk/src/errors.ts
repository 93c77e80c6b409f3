import { defineErrors } from '@vmkeep/kit'

export const fail = defineErrors({
  'disk.out-of-range': [
    'report-bug',
    (d: { disk: string; offsetBytes: number; lengthBytes: number; capacityBytes: number }) =>
      `${d.disk}: bytes ${d.offsetBytes} to ${d.offsetBytes + d.lengthBytes} do not lie inside its ${d.capacityBytes} bytes`,
  ],
  'disk.closed': ['report-bug', (d: { disk: string }) => `${d.disk} is closed`],
  'disk.not-ascending': [
    'report-bug',
    (d: { disk: string; offsetBytes: number; writtenToBytes: number }) =>
      `${d.disk} is written in one pass: byte ${d.offsetBytes} comes after byte ${d.writtenToBytes}`,
  ],
  'disk.short-read': [
    'call-operator',
    (d: { disk: string; offsetBytes: number; missingBytes: number }) =>
      `${d.disk} ends ${d.missingBytes} bytes early, at byte ${d.offsetBytes}: the file was cut short; check it and try again`,
  ],
})
