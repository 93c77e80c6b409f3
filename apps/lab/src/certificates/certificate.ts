/** A host's certificate, its key, and what others pin it by. Made by `createCertificate({ commonName, alternativeNames?, … })`. */
export interface Certificate {
  readonly commonName: string
  readonly certificatePem: string
  readonly privateKeyPem: string
  /** Upper case hexadecimal with colons, as `sslThumbprint` has it. */
  readonly thumbprintSha1: string
  readonly thumbprintSha256: string
}
