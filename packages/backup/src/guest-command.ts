import type { GuestProgram } from '@vmkeep/vsphere'

/** Whether a path is one of a Windows guest: `C:\scripts\freeze.ps1`. */
export const isWindowsPath = (path: string): boolean => /^[A-Za-z]:\\/.test(path)

/** Why a script cannot be one of this guest. */
export function whyOtherGuest(path: string, { windows }: { readonly windows: boolean }): string | undefined {
  if (isWindowsPath(path) === windows) return undefined
  return windows
    ? 'its path is not one of Windows, which this guest is; give Windows guests a policy of their own'
    : 'its path is one of Windows, which this guest is not; give Windows guests a policy of their own'
}

const system32 = String.raw`C:\Windows\System32`

/**
 * How a guest is told to run a script with these words, which are ours and need no quoting.
 *
 * Source: GuestProgramSpec, vSphere Web Services API 8.0: a shell of the guest runs the path itself, in other guests than Windows. Evidence:
 * documented. That Windows runs neither .ps1 nor, safely, .bat without its interpreter: Microsoft, CreateProcess. Evidence: documented.
 */
export function guestCommand(path: string, words: readonly string[], output?: string): GuestProgram {
  const given = words.join(' ')
  if (isBatch(path)) {
    const redirected = output === undefined ? '' : ` > "${output}" 2>&1`
    return { path: String.raw`${system32}\cmd.exe`, arguments: `/d /s /c ""${path}" ${given}${redirected}"` }
  }
  if (/\.ps1$/i.test(path) && isWindowsPath(path))
    return {
      path: String.raw`${system32}\WindowsPowerShell\v1.0\powershell.exe`,
      arguments: `-NoProfile -NonInteractive -ExecutionPolicy Bypass -File "${path}" ${given}`,
    }
  return { path, arguments: output === undefined || isWindowsPath(path) ? given : `${given} > ${output} 2>&1` }
}

/** Where in the guest what a script writes is kept, and which names of files are safe there. */
export interface OutputPlace {
  /** The guest's own folder for temporary files, if absent. */
  readonly folder?: string
  readonly isSafe: (file: string) => boolean
}

/**
 * Only where a shell is at work anyway: another one around `.ps1` or `.exe` would be what is watched, and ended, in its place. And never in a file
 * system that the script may be there to freeze: in Linux in memory, or nowhere.
 *
 * Source: GuestProgramSpec.arguments: "stdio redirection" in other guests than Windows, by `cmd /c` there. Evidence: documented.
 */
export function outputPlaceOf(path: string): OutputPlace | undefined {
  if (isBatch(path)) return { isSafe: (file) => /^[A-Za-z]:\\[^"%&|<>^!\n]+$/.test(file) }
  if (isWindowsPath(path)) return undefined
  return { folder: '/dev/shm', isSafe: (file) => /^\/dev\/shm\/[\w.-]+$/.test(file) }
}

const isBatch = (path: string): boolean => /\.(bat|cmd)$/i.test(path) && isWindowsPath(path)
