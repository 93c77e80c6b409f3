import type { HostSystem } from '../inventory/host.ts'
import type { HttpNfcLease } from './http-nfc-lease.ts'
import type { LeaseFile } from './lease-file.ts'

/** Which lease a URL belongs to: who knows the URL needs no session. */
export class LeaseBook {
  readonly #leases = new Map<string, { readonly lease: HttpNfcLease; readonly host: HostSystem }>()

  add(token: string, lease: HttpNfcLease, host: HostSystem): void {
    this.#leases.set(token, { lease, host })
    lease.over.addEventListener('abort', () => void this.#leases.delete(token), { once: true })
  }

  /** Leases held now. */
  get open(): readonly HttpNfcLease[] {
    return [...this.#leases.values()].map(({ lease }) => lease)
  }

  /** The file of `/<token>/<name>` on one host. */
  find(
    host: HostSystem,
    token: string,
    name: string,
  ): { readonly lease: HttpNfcLease; readonly file: LeaseFile } | undefined {
    const found = this.#leases.get(token)
    const file = found?.host === host ? found.lease.files.find((one) => one.name === name) : undefined
    return found === undefined || file === undefined ? undefined : { lease: found.lease, file }
  }
}
