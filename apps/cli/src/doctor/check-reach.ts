import { lookup } from 'node:dns/promises'
import { connect, isIP } from 'node:net'
import { fetchCertificate, type Trust } from '@vmkeep/vsphere'
import type { VcenterConfig } from '../config/schema.ts'
import { relativeTime, time } from '../output/human.ts'
import { type Finding, findingsOn } from './finding.ts'

/** The way to a vCenter or ESXi host: its name, its port, its certificate. Later checks make no sense once one fails. */
export async function checkReach(
  vcenter: VcenterConfig,
  trust: Trust,
  nowMs: number,
  signal: AbortSignal,
): Promise<Finding[]> {
  const { ok, failed } = findingsOn(`vcenter ${vcenter.name}`)
  const { host, port } = vcenter
  const findings: Finding[] = []
  if (isIP(host) === 0) {
    try {
      const addresses = await lookup(host, { all: true })
      findings.push(ok('DNS', `${host} is ${addresses.map(({ address }) => address).join(', ')}`))
    } catch (error) {
      return [failed('DNS', error, `check the name ${host} and this machine's DNS`)]
    }
  }
  try {
    const certificate = await fetchCertificate({ host, port }, signal)
    return [...findings, ok('port', `${host}:${port} answers`), judge(vcenter, trust, certificate, nowMs)]
  } catch (error) {
    signal.throwIfAborted()
    return [...findings, failed('port', error, `check that ${host} is on and that no firewall closes TCP ${port}`)]
  }
}

type Certificate = Awaited<ReturnType<typeof fetchCertificate>>

function judge(
  { name }: VcenterConfig,
  trust: Trust,
  { sha256, sha1, validTo, issuer }: Certificate,
  nowMs: number,
): Finding {
  const { ok, warn, fail } = findingsOn(`vcenter ${name}`)
  const expires = `valid to ${time(validTo)} (${relativeTime(validTo, nowMs)})`
  if (trust.by === 'authority') return ok('certificate', `from ${issuer}, ${expires}; signing in checks it`)
  const bare = (text: string) => text.replaceAll(/[^0-9a-f]/gi, '').toUpperCase()
  const isPinned = [sha256, sha1].some((hash) => bare(hash) === bare(trust.thumbprint))
  if (!isPinned)
    return fail(
      'certificate',
      `it has SHA-256 ${sha256}, but ${trust.thumbprint} is trusted`,
      `compare the new one with the host's own console; if it was renewed, run "vmkeep vcenter trust ${name}" or correct thumbprint in the config`,
    )
  if (bare(trust.thumbprint) !== bare(sha256))
    return warn('certificate', `pinned by SHA-1, ${expires}`, `pin the SHA-256 instead: ${sha256}`)
  return ok('certificate', `pinned by SHA-256, ${expires}`)
}

/** Whether a TCP port can be reached, within a few seconds. */
export function portAnswers(host: string, port: number, timeoutMs = 5000): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    const end = (why: string | undefined) => {
      clearTimeout(timer)
      socket.destroy()
      resolve(why)
    }
    const timer = setTimeout(() => end(`no answer within ${timeoutMs / 1000} s`), timeoutMs)
    socket.on('connect', () => end(undefined))
    socket.on('error', (error) => end(error.message))
  })
}
