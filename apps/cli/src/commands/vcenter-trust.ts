import type { ServerCertificate } from '@vmkeep/vsphere'
import { command } from '../command.ts'
import type { Config } from '../config/schema.ts'
import { fail } from '../errors.ts'
import { relativeTime, time } from '../output/human.ts'
import { facts } from '../output/table.ts'
import { argument, option, text } from '../parameters.ts'
import { canAsk, confirm } from '../terminal/ask.ts'

export const vcenterTrustCommand = command({
  name: 'vcenter trust',
  summary: 'Show the certificate of a vCenter or ESXi host, and accept it',
  description:
    'From then on vmkeep talks to that host only if it shows exactly this certificate. Compare the SHA-256 with the one the host shows on its own console: ' +
    'that is what makes it safe. Nothing is sent to the host. A thumbprint or caFile in the config goes before what is accepted here.',
  examples: [
    { run: 'vmkeep vcenter trust vcenter.example.org', does: 'shows the certificate and asks' },
    {
      run: 'vmkeep vcenter trust esx1.example.org:8443 --accept 5A:3F:…',
      does: 'accepts it only if it has this SHA-256 or SHA-1, for a script',
    },
  ],
  arguments: {
    host: argument(text('HOST[:PORT]'), 'its DNS name or IP address, or the name of a vCenter in the config'),
  },
  options: {
    accept: option(text('THUMBPRINT'), {
      help: 'accept the certificate if it has this SHA-256 or SHA-1, without asking',
    }),
  },
  exits: ['notSignedIn', 'notFound'],
  needs: ['config'],

  async run({ arguments: { host: given }, options, config: { config }, out, say, world, signal, clock }) {
    const { fetchCertificate } = await import('@vmkeep/vsphere')
    const { trust, trustedSha256, trustFile } = await import('../config/trust-store.ts')
    const { host, port } = addressOf(given, config)
    const path = trustFile(world)
    const certificate = await fetchCertificate({ host, port }, signal)
    const before = await trustedSha256(path, host, port)
    const asked = { host: `${host}:${port}`, certificate, before, nowMs: clock.nowMs() }
    const isNew = before !== certificate.sha256
    const accepted = !isNew || (await isAccepted(options.accept, asked))

    const answer = { host, port, ...certificate, trusted: accepted, previousSha256: before ?? null }
    if (accepted && isNew) await trust(path, { host, port, sha256: certificate.sha256 }, clock)
    await out.answer(answer, () =>
      accepted ? `${host}:${port} is trusted with SHA-256 ${certificate.sha256}` : describe(asked),
    )
    const pinned = config.vcenters.find((vcenter) => vcenter.host === host && vcenter.port === port)
    if (pinned?.thumbprint !== undefined || pinned?.caFile !== undefined)
      say.warn(`the config has its own thumbprint or caFile for "${pinned.name}", and that one counts`)
    if (accepted) return 'ok'
    say.warn(
      `not trusted yet: once you have compared it, run "vmkeep vcenter trust ${given} --accept ${certificate.sha256}"`,
    )
    return 'notSignedIn'

    async function isAccepted(thumbprint: string | undefined, about: Asked): Promise<boolean> {
      if (thumbprint !== undefined) return matches(thumbprint, about)
      if (!canAsk(world)) return false
      world.stderr.write(`${describe(about)}\n\n`) // even under -q: nobody shall accept what they have not seen
      const question = before === undefined ? 'Trust this certificate?' : 'Trust the new certificate?'
      if (await confirm(world, { question, instead: 'add --accept', signal })) return true
      throw fail('cli.declined', { what: `the certificate of ${about.host} is not trusted` })
    }
  },
})

interface Asked {
  readonly host: string
  readonly certificate: ServerCertificate
  readonly before: string | undefined
  readonly nowMs: number
}

function describe({ host, certificate, before, nowMs }: Asked): string {
  const { subject, issuer, validFrom, validTo, sha256, sha1 } = certificate
  const valid = `${time(validFrom)} to ${time(validTo)} (${Date.parse(validTo) < nowMs ? 'expired ' : 'ends '}${relativeTime(validTo, nowMs)})`
  const told = facts([
    ['host', host],
    ['subject', subject],
    ['issuer', subject === issuer ? `${issuer} (itself)` : issuer],
    ['valid', valid],
    ['SHA-256', sha256],
    ['SHA-1', sha1],
    ['trusted before', before],
  ])
  if (before === undefined) return told
  return `THE CERTIFICATE HAS CHANGED. A renewal does that, and so does somebody in between.\n${told}`
}

/** @throws `cli.certificate-other`: a script that names a thumbprint must not get another one */
function matches(thumbprint: string, { host, certificate }: Asked): boolean {
  const bare = (text: string) => text.replaceAll(/[^0-9a-f]/gi, '').toUpperCase()
  const wanted = bare(thumbprint)
  if (wanted === bare(certificate.sha256) || wanted === bare(certificate.sha1)) return true
  throw fail('cli.certificate-other', { host, expected: thumbprint, found: certificate.sha256 })
}

function addressOf(given: string, { vcenters }: Config): { host: string; port: number } {
  const named = vcenters.find(({ name }) => name === given)
  if (named !== undefined) return named
  const [, host = given, port] = /^(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(given) ?? []
  const known = vcenters.find((vcenter) => vcenter.host === host)
  return { host, port: port === undefined ? (known?.port ?? 443) : Number(port) }
}
