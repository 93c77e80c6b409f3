import type { Secret } from '@vmkeep/kit'
import { allPrivileges } from './privileges.ts'

/** Somebody who can log in, and what they may do anywhere in the inventory. */
export interface User {
  readonly name: string
  readonly password: Secret
  readonly privileges: ReadonlySet<string>
  /** What is taken away again on objects of these names. */
  readonly withoutOn?: Readonly<Record<string, readonly string[]>>
}

/** Whether a user has a privilege on an object of this name. */
export const hasOn = ({ privileges, withoutOn }: User, privilege: string, name: string | undefined): boolean =>
  privileges.has(privilege) && (name === undefined || withoutOn?.[name]?.includes(privilege) !== true)

/** The privileges of a user who may do what is listed (everything, if nothing is) except what is taken away. */
export function privilegesOf(granted: readonly string[] = allPrivileges, without: readonly string[] = []): Set<string> {
  const implied = ['System.Anonymous', 'System.View', 'System.Read'] // every role has them
  return new Set([...implied, ...granted].filter((privilege) => !without.includes(privilege)))
}
