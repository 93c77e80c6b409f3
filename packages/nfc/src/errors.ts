import { defineErrors } from '@vmkeep/kit'

type Peer = { peer: string }
type During = Peer & { during: string }
type ServerError = Peer & { nfcCode: number; text: string }

const said = ({ nfcCode, text }: ServerError) => `NFC error ${nfcCode}${text === '' ? '' : ` (${text})`}`

/** Everything that can go wrong between us and an ESXi host's NFC service. */
export const fail = defineErrors({
  'nfc.host-unknown': [
    'call-operator',
    (d: { host: string }) =>
      `the ESXi host name ${d.host} can't be resolved on this machine: vCenter reports hosts by this name, so add it to DNS or to the hosts file`,
  ],
  'nfc.port-unreachable': [
    'call-operator',
    (d: { host: string; port: number; reason: string }) =>
      `no TCP connection to ${d.host}:${d.port} (${d.reason}): open port ${d.port} in the firewalls from this machine to every ESXi host, and check that the host is up`,
  ],
  'nfc.connection-lost': [
    'retry',
    (d: During) => `${d.peer} broke the connection while ${d.during}: try again with a new ticket`,
  ],
  'nfc.timeout': [
    'retry',
    (d: During & { timeoutMs: number }) =>
      `${d.peer} was silent for ${d.timeoutMs} ms while ${d.during}: try again with a new ticket; if it lasts, look at the host's load and network`,
  ],
  'nfc.tls-failed': [
    'call-operator',
    (d: During) =>
      `${d.peer} failed the TLS handshake while ${d.during}: check that nothing between here and the host inspects or terminates TLS on this port`,
  ],
  'nfc.certificate-mismatch': [
    'call-operator',
    (d: Peer & { expected: string; found: string }) =>
      `${d.peer} shows certificate ${d.found}, but vCenter's ticket names ${d.expected}: if the host's certificate was renewed, reconnect the host in vCenter; otherwise somebody stands in between`,
  ],
  'nfc.ticket-refused': [
    'retry',
    (d: Peer & { reply: string }) =>
      `${d.peer} refused the ticket (${d.reply}): tickets work once and expire, so ask for a new one`,
  ],
  'nfc.service-unavailable': [
    'retry',
    (d: Peer & { reply: string }) =>
      `${d.peer} does not take connections now (${d.reply}): try again; if it lasts, restart the host's management agents`,
  ],
  'nfc.service-refused': [
    'call-operator',
    (d: Peer & { service: string; reply: string }) =>
      `${d.peer} does not offer ${d.service} (${d.reply}): check the host's version, or choose the other of nbd and nbdssl`,
  ],
  'nfc.version-mismatch': [
    'call-operator',
    (d: Peer & { version: number; versionMin: number }) =>
      `${d.peer} speaks NFC version ${d.version}, at least ${d.versionMin} is needed: upgrade the host, or choose another transport`,
  ],
  'nfc.buffer-refused': [
    'change-request',
    (d: ServerError & { bufferBytes: number; bufferCount: number }) =>
      `${d.peer} refused ${d.bufferCount} NFC buffers of ${d.bufferBytes} bytes, ${said(d)}: ask for smaller ones`,
  ],
  'nfc.out-of-memory': [
    'retry',
    (d: ServerError & During) =>
      `${d.peer} has no NFC buffers left for ${d.during}, ${said(d)}: read fewer disks of this host at once, or use smaller buffers`,
  ],
  'nfc.host-busy': [
    'retry',
    (d: ServerError) =>
      `${d.peer} has no place for another NFC connection, ${said(d)}: through vCenter a host serves 52 of them, with 48 MB of buffers, to all programs together; look which others read its disks now, and see limits.nfcConnectionsPerHost`,
  ],
  'nfc.file-refused': [
    'change-request',
    (d: ServerError & { path: string }) =>
      `${d.peer} does not open ${d.path}, ${said(d)}: a running VM's current disk can't be opened, so open the disk that a snapshot's configuration names; otherwise check that the file exists and is not locked`,
  ],
  'nfc.read-only': [
    'change-request',
    (d: ServerError & { path: string }) =>
      `${d.peer} lets ${d.path} only be read, ${said(d)}: writing needs a read-write ticket (NfcRandomAccessOpenDisk)`,
  ],
  'nfc.request-failed': [
    'call-operator',
    (d: ServerError & During) =>
      `${d.peer} failed ${d.during}, ${said(d)}: look at the host's hostd and vpxa logs for the cause, and check the datastore`,
  ],
  'nfc.protocol-violation': [
    'report-bug',
    (d: During & { fact: string }) =>
      `${d.peer} does not speak NFC as we know it while ${d.during}: ${d.fact}; report this with the host's version and build`,
  ],
  'nfc.unknown-message': [
    'retry',
    (d: Peer & { type: number }) =>
      `${d.peer} sent a message of type ${d.type}, which we don't know; perhaps it is about to hand the disk over to another host: go on with a new ticket`,
  ],
  'nfc.disk-changed': [
    'call-operator',
    (d: { path: string; capacityBytes: number; foundBytes: number }) =>
      `${d.path} had ${d.capacityBytes} bytes and has ${d.foundBytes} after reconnecting: it was resized or replaced meanwhile, so start over`,
  ],
  'nfc.gave-up': [
    'retry',
    (d: { path: string; attempts: number; last: string }) =>
      `${d.path}: gave up after ${d.attempts} connections without progress; the last one failed because ${d.last}`,
  ],
  'nfc.out-of-range': [
    'report-bug',
    (d: { path: string; offsetBytes: number; lengthBytes: number; capacityBytes: number }) =>
      `${d.path}: bytes ${d.offsetBytes} to ${d.offsetBytes + d.lengthBytes} do not lie inside its ${d.capacityBytes} bytes`,
  ],
  'nfc.closed': ['report-bug', (d: { path: string }) => `${d.path} is closed`],
})
