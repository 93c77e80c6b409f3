import type { SecureContext } from 'node:tls'
import type { Clock, Log, Random } from '@vmkeep/kit'
import type { Certificate } from '../certificates/certificate.ts'
import type { Faults, LabStorage } from '../storage/model.ts'
import type { BufferBudget } from './buffer-budget.ts'
import type { NfcLimits } from './model.ts'
import type { TicketBook } from './ticket-book.ts'

/** What all connections of one NFC server share. */
export interface Host {
  readonly storage: LabStorage
  readonly certificate: Certificate
  readonly secureContext: SecureContext
  readonly tickets: TicketBook
  readonly budget: BufferBudget
  readonly limits: NfcLimits
  readonly faults: Faults
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}
