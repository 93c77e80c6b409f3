/** Of what a script writes, the end is kept: that is where it says why it failed. */
export const outputBytesMax = 4096

/** What a script wrote as a report may show it: no bytes that a terminal obeys. */
export function readableOutput(bytes: Buffer): string {
  // eslint-disable-next-line no-control-regex -- that is what is looked for
  const obeyed = /\u001B\[[0-9;?]*[A-Za-z]|[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/g
  return bytes.toString().replaceAll(obeyed, '').trim()
}
