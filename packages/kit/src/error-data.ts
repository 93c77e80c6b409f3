import { AppError, type Remedy } from './errors.ts'

/**
 * An error as plain data, to cross a thread, a process or a file.
 * Why: an error posted between threads keeps `message` and `cause` and loses class, `code` and `name`.
 * Source: Node 24 structured clone. Evidence: observed (error-data.test.ts).
 */
export interface ErrorData {
  readonly name: string
  readonly message: string
  readonly code?: string
  readonly remedy?: Remedy
  readonly details?: Readonly<Record<string, unknown>>
  readonly cause?: ErrorData
  readonly stack?: string
}

const causeDepthMax = 8

export function errorToData(error: unknown, depth = 0): ErrorData {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) }
  const code: unknown = 'code' in error ? error.code : undefined
  return {
    name: error.name,
    message: error.message,
    ...(typeof code === 'string' ? { code } : {}),
    ...(error instanceof AppError ? { remedy: error.remedy, details: error.details } : {}),
    ...(error.cause !== undefined && depth < causeDepthMax ? { cause: errorToData(error.cause, depth + 1) } : {}),
    ...(error.stack === undefined ? {} : { stack: error.stack }),
  }
}

export function errorFromData(data: ErrorData): Error {
  const cause = data.cause === undefined ? {} : { cause: errorFromData(data.cause) }
  if (data.remedy !== undefined && data.code !== undefined)
    return new AppError(data.code, data.remedy, data.message, { ...cause, details: data.details ?? {} })
  const error = new Error(data.message, cause)
  error.name = data.name
  if (data.stack !== undefined) error.stack = data.stack
  return data.code === undefined ? error : Object.assign(error, { code: data.code })
}
