/**
 * A named place where a test may kill the process without warning, as a power cut would.
 *
 * `VMKEEP_CRASH_AT=backup.after-snapshot` ends the process with SIGKILL at that point, `backup.after-pack#3` at its
 * third passing. Costs one comparison when unset. Every name is listed in `docs/reference/crash-points.md`.
 */
export function crashPoint(name: string): void {
  if (armed === undefined || armed.name !== name || ++armed.passed !== armed.at) return
  process.kill(process.pid, 'SIGKILL')
  for (;;); // the signal is on its way: nothing after this point may happen
}

const armed = parse(process.env['VMKEEP_CRASH_AT'])

function parse(text: string | undefined): { name: string; at: number; passed: number } | undefined {
  if (text === undefined || text === '') return undefined
  const [name = '', nth = '1'] = text.split('#')
  return { name, at: Number(nth), passed: 0 }
}
