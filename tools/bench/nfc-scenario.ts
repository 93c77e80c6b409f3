import { join } from 'node:path'
import type { NfcBenchResult } from './nfc.ts'
import { measure } from './support/measure.ts'
import type { BenchContext, BenchResult, Metric } from './support/scenario.ts'

/** How fast the NFC client reads from a peer on this machine, beside a plain TLS socket. A process of its own: nothing else may use its thread. */
export async function scenario({ folder, say }: BenchContext): Promise<BenchResult> {
  const { stdout } = await measure([process.execPath, join(import.meta.dirname, 'nfc.ts')], { syncFolder: folder })
  const results = JSON.parse(stdout) as Record<string, NfcBenchResult>
  say(`nfc: ${Object.keys(results).length} settings`)
  return {
    name: 'nfc',
    about: { peer: 'a thread of this machine, best of five rounds' },
    metrics: Object.entries(results).flatMap(metricsOf),
  }
}

const metricsOf = ([setting, { nfc, plainTls }]: [string, NfcBenchResult]): Metric[] => [
  {
    name: setting,
    unit: 'MiB/s',
    values: { vmkeep: nfc.mebibytesPerSecond, 'plain TLS': plainTls.mebibytesPerSecond },
  },
  {
    name: `${setting}, client's thread`,
    unit: 'ms/GiB',
    values: { vmkeep: nfc.cpuMsPerGibibyte, 'plain TLS': plainTls.cpuMsPerGibibyte },
  },
]
