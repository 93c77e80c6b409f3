// Everything that can go wrong between us and a vCenter or ESXi, on one screen.
import { defineErrors } from '@vmkeep/kit'
import { objectErrors } from './errors-objects.ts'

/** Where a fault was answered: which server, by what call, about what. */
export interface FaultPlace {
  readonly host: string
  /** The method called, e.g. `CreateSnapshot_Task`; a failed task is named by the method that started it. */
  readonly method: string
  /** `VirtualMachine:vm-42`. */
  readonly object: string
  /** What vSphere said, in its words; empty if it said nothing. */
  readonly text: string
  /** The type of the fault, e.g. `FileLocked`. */
  readonly faultType: string
}

const at = ({ host, method, object }: FaultPlace): string => `${host}: ${method} on ${object}`
const quoted = ({ text, faultType }: FaultPlace): string => (text === '' ? faultType : `${text} (${faultType})`)
const said = (place: FaultPlace, about = ''): string =>
  `${at(place)}: ${quoted(place)}${about === '' ? '' : `: ${about}`}`

export const fail = defineErrors({
  // The way to the server.
  'vsphere.unknown-host': [
    'call-operator',
    (d: { host: string }) => `${d.host}: the name does not resolve; check the name and this machine's DNS`,
  ],
  'vsphere.unreachable': [
    'retry',
    (d: { host: string; port: number; reason: string }) =>
      `${d.host}:${d.port} cannot be reached (${d.reason}); check that it runs and that no firewall stands between`,
  ],
  'vsphere.reply-lost': [
    'retry',
    (d: { host: string; what: string; reason: string }) =>
      `${d.host}: the connection broke before the answer to ${d.what} came (${d.reason}); it may have been carried out all the same`,
  ],
  'vsphere.timed-out': [
    'retry',
    (d: { host: string; what: string; timeoutMs: number }) =>
      `${d.host}: ${d.what} was not answered within ${d.timeoutMs / 1000} s`,
  ],
  'vsphere.unavailable': [
    'retry',
    (d: { host: string; status: number }) =>
      `${d.host} answers HTTP ${d.status}: its services are starting, overloaded, or out of sessions; try again later`,
  ],
  'vsphere.bad-answer': [
    'call-operator',
    (d: { host: string; what: string; reason: string }) =>
      `${d.host} answered ${d.what} with something that is not vSphere's: ${d.reason}; check the address, and any proxy between`,
  ],
  'vsphere.answer-too-large': [
    'call-operator',
    (d: { host: string; what: string; limitBytes: number }) =>
      `${d.host}: the answer to ${d.what} is larger than ${d.limitBytes} bytes and was not read; raise the limit or ask for less`,
  ],
  'vsphere.automation-missing': [
    'call-operator',
    (d: { host: string }) =>
      `${d.host} has no REST API, so nothing is known of tags: an ESXi host has none; of a vCenter, check that its vapi-endpoint service runs`,
  ],
  'vsphere.automation-login-refused': [
    'call-operator',
    (d: { host: string; username: string }) =>
      `${d.host} accepts ${d.username}, but its REST API, which alone knows tags, refuses the login with HTTP 401; look at /var/log/vmware/vapi on the vCenter for the reason, or use an account of the vCenter's own domain`,
  ],
  'vsphere.automation-refused': [
    'call-operator',
    (d: { host: string; what: string; status: number; text: string }) =>
      `${d.host} refused ${d.what} of its REST API with HTTP ${d.status}: ${d.text}; check this account's rights on tags`,
  ],
  'vsphere.unsupported-version': [
    'call-operator',
    (d: { host: string; version: string }) => `${d.host} speaks vSphere API ${d.version}; 6.5 is the oldest we support`,
  ],
  // Trust.
  'vsphere.certificate-changed': [
    'call-operator',
    (d: { host: string; expected: string; found: string }) =>
      `${d.host} shows another certificate than the one you trusted: ${d.found} instead of ${d.expected}; if it was renewed on purpose, run "vmkeep vcenter trust ${d.host}"`,
  ],
  'vsphere.certificate-untrusted': [
    'call-operator',
    (d: { host: string; found: string; reason: string }) =>
      `${d.host} shows a certificate no authority known here vouches for (${d.reason}; SHA-256 ${d.found}); to trust exactly this one, run "vmkeep vcenter trust ${d.host}"`,
  ],
  'vsphere.certificate-expired': [
    'call-operator',
    (d: { host: string; found: string; validFrom: string; validTo: string }) =>
      `${d.host}: the certificate is valid from ${d.validFrom} to ${d.validTo}, not now (SHA-256 ${d.found}); renew it, check this machine's clock, or pin it with "vmkeep vcenter trust ${d.host}"`,
  ],
  'vsphere.certificate-name-mismatch': [
    'call-operator',
    (d: { host: string; found: string; names: string }) =>
      `${d.host}: the certificate is for ${d.names} (SHA-256 ${d.found}); use one of those names, or pin it with "vmkeep vcenter trust ${d.host}"`,
  ],
  'vsphere.tls-failed': [
    'call-operator',
    (d: { host: string; port: number; reason: string }) =>
      `${d.host}:${d.port} does not speak TLS as expected (${d.reason}); check that this is the HTTPS port of a vCenter or ESXi`,
  ],
  'vsphere.bad-thumbprint': [
    'change-request',
    (d: { thumbprint: string }) =>
      `"${d.thumbprint}" is no certificate thumbprint: 40 (SHA-1) or 64 (SHA-256) hexadecimal digits are needed, with or without colons`,
  ],
  // The session.
  'vsphere.login-failed': [
    'call-operator',
    (d: { host: string; username: string; text: string }) =>
      `${d.host} refuses the login of ${d.username}${d.text === '' ? '' : ` (${d.text})`}; check user name and password. It was not tried again, so as not to lock the account`,
  ],
  'vsphere.not-authenticated': [
    'retry',
    (d: { host: string; method: string }) =>
      `${d.host} ended our session, and again after each of three new logins, at ${d.method}`,
  ],
  'vsphere.session-closed': ['report-bug', (d: { host: string }) => `the session to ${d.host} is closed`],
  'vsphere.bad-request': [
    'report-bug',
    (d: { method: string; reason: string }) => `our call to ${d.method} cannot be written: ${d.reason}`,
  ],
  // What vSphere refuses, by what to do about it. `details.fault` holds the fault itself.
  'vsphere.no-permission': [
    'call-operator',
    (d: FaultPlace & { privileges: readonly string[]; onObject: string }) =>
      `${at(d)}: the user lacks ${d.privileges.length === 0 ? 'a privilege' : d.privileges.join(', ')}${d.onObject === '' ? '' : ` on ${d.onObject}`}; add it to the role of the backup user`,
  ],
  'vsphere.not-found': [
    'change-request',
    (d: FaultPlace & { gone: string }) => `${at(d)}: ${d.gone === '' ? 'it' : d.gone} does not exist, or no longer`,
  ],
  'vsphere.busy': ['retry', (d: FaultPlace) => `${said(d)}; another task is at work on it, try again later`],
  'vsphere.host-unreachable': [
    'retry',
    (d: FaultPlace) => `${said(d)}; vCenter cannot talk to the ESXi host: check that the host is connected`,
  ],
  'vsphere.fault-timed-out': ['retry', (d: FaultPlace) => `${said(d)}; vSphere itself gave up waiting`],
  'vsphere.request-cancelled': ['retry', (d: FaultPlace) => `${said(d)}; somebody cancelled it in vSphere`],
  'vsphere.invalid-argument': [
    'change-request',
    (d: FaultPlace & { property: string }) => `${said(d)}${d.property === '' ? '' : `; the argument is ${d.property}`}`,
  ],
  'vsphere.invalid-request': ['report-bug', (d: FaultPlace) => `${said(d)}; this server does not understand our call`],
  'vsphere.invalid-state': ['change-request', (d: FaultPlace) => `${said(d)}; its present state does not allow that`],
  'vsphere.invalid-configuration': [
    'change-request',
    (d: FaultPlace) =>
      `${said(d)}; something in its settings does not go with that: open them in the vSphere client and mend what it marks`,
  ],
  'vsphere.not-supported': ['change-request', (d: FaultPlace) => `${said(d)}; this server or object cannot do that`],
  'vsphere.restricted-licence': [
    'call-operator',
    (d: FaultPlace) => `${said(d)}; the licence does not include it: backups need more than the free ESXi licence`,
  ],
  'vsphere.name-taken': ['change-request', (d: FaultPlace) => `${said(d)}; choose another name`],
  'vsphere.file-not-found': ['change-request', (d: FaultPlace & { file: string }) => said(d, d.file)],
  'vsphere.file-locked': [
    'retry',
    (d: FaultPlace & { file: string }) => `${said(d, d.file)}; a host or another backup still holds it open`,
  ],
  'vsphere.file-fault': [
    'call-operator',
    (d: FaultPlace & { file: string }) => `${said(d, d.file)}; look at the datastore it lies on`,
  ],
  'vsphere.datastore-full': [
    'call-operator',
    (d: FaultPlace & { datastore: string }) => `${said(d, d.datastore)}; free space on the datastore`,
  ],
  'vsphere.datastore-unavailable': [
    'call-operator',
    (d: FaultPlace & { datastore: string }) => `${said(d, d.datastore)}; check that the host can reach it`,
  ],
  'vsphere.snapshot-quiesce-failed': [
    'change-request',
    (d: FaultPlace) =>
      `${said(d)}; VMware Tools could not quiesce the guest: look at its event log, or allow crash-consistent backups`,
  ],
  'vsphere.snapshot-failed': [
    'call-operator',
    (d: FaultPlace) => `${said(d)}; look at the snapshots of the VM and at the space on its datastore`,
  ],
  'vsphere.out-of-resources': [
    'call-operator',
    (d: FaultPlace) => `${said(d)}; there is not enough of it on the host or pool`,
  ],
  // What a guest refuses, to whom VMware Tools bring our wish. The details never hold the password.
  'vsphere.guest-login-refused': [
    'call-operator',
    (d: FaultPlace) =>
      `${said(d)}; the guest does not take this account: check its name, its password and whether it is locked, in the guest itself`,
  ],
  'vsphere.guest-unavailable': [
    'retry',
    (d: FaultPlace) =>
      `${said(d)}; VMware Tools in the guest do not answer: install or start them, and look whether the guest has just been started`,
  ],
  'vsphere.guest-operation-refused': [
    'call-operator',
    (d: FaultPlace) =>
      `${said(d)}; look at the rights of that account in the guest, at the version of VMware Tools, and whether their settings disable guest operations`,
  ],
  'vsphere.guest-file-refused': [
    'call-operator',
    (d: FaultPlace & { file: string }) =>
      `${said(d, d.file)}; check in the guest that it is there and that the account may run it`,
  ],
  'vsphere.guest-operations-missing': [
    'call-operator',
    (d: { host: string }) => `${d.host} offers no guest operations; vSphere 5 or newer does`,
  ],
  'vsphere.fault': ['call-operator', (d: FaultPlace) => said(d)],
  // VMs, snapshots, disks, places: what we find out ourselves.
  ...objectErrors,
})
