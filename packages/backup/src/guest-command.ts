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
export function guestCommand(path: string, words: readonly string[]): GuestProgram {
  const given = words.join(' ')
  if (/\.(bat|cmd)$/i.test(path) && isWindowsPath(path))
    return { path: String.raw`${system32}\cmd.exe`, arguments: `/d /s /c ""${path}" ${given}"` }
  if (/\.ps1$/i.test(path) && isWindowsPath(path))
    return {
      path: String.raw`${system32}\WindowsPowerShell\v1.0\powershell.exe`,
      arguments: `-NoProfile -NonInteractive -ExecutionPolicy Bypass -File "${path}" ${given}`,
    }
  return { path, arguments: given }
}
