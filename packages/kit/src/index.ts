export { AsyncCache } from './async-cache.ts'
export { type Clock, systemClock } from './clock.ts'
export { crashPoint } from './crash-point.ts'
export { errorFromData, errorToData, type ErrorData } from './error-data.ts'
export {
  AppError,
  causes,
  codeOf,
  defineErrors,
  type ErrorTable,
  hasCode,
  isAbort,
  messageOf,
  type Remedy,
} from './errors.ts'
export { FaultPlan, type FaultRule, matchesGlob } from './faults.ts'
export { freeNow } from './free-now.ts'
export { KeyedLimiter, Limiter } from './limiter.ts'
export { type Log, type LogEvent, silent } from './log.ts'
export { isAlive, pidSpace, type ProcessOwner, thisProcess } from './process-owner.ts'
export { type Random, seededRandom, systemRandom } from './random.ts'
export {
  ascii,
  bytes,
  type Decoded,
  exactly,
  type Field,
  FormatError,
  ignored,
  size64be,
  size64le,
  struct,
  type Struct,
  u8,
  u16be,
  u16le,
  u32be,
  u32le,
  u64be,
  u64le,
} from './records.ts'
export { RateLimit } from './rate-limit.ts'
export { retry, type RetryOptions } from './retry.ts'
export { Secret } from './secret.ts'
export { siblingModule } from './sibling-module.ts'
export { collect, forEachConcurrent, mapConcurrent, type Stage } from './streams.ts'
export { userCacheFolder } from './user-cache-folder.ts'
