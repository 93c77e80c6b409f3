import { describe, expect, it } from 'vitest'
import { guestCommand, outputPlaceOf, whyOtherGuest } from './guest-command.ts'

const powershell = String.raw`C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe`
const cmd = String.raw`C:\Windows\System32\cmd.exe`

describe('a script in a guest', () => {
  it.each([
    ['/opt/freeze', '/opt/freeze', 'pre run1'],
    ['/opt/freeze.ps1', '/opt/freeze.ps1', 'pre run1'],
    ['C:\\a b\\freeze.exe', 'C:\\a b\\freeze.exe', 'pre run1'],
    [
      'D:\\freeze.PS1',
      powershell,
      '-NoProfile -NonInteractive -ExecutionPolicy Bypass -File "D:\\freeze.PS1" pre run1',
    ],
    ['C:\\a b\\freeze.bat', cmd, '/d /s /c ""C:\\a b\\freeze.bat" pre run1"'],
  ])('%s is run by %s', (path, program, given) => {
    expect(guestCommand(path, ['pre', 'run1'])).toEqual({ path: program, arguments: given })
  })

  it.each([
    ['/opt/freeze', '/dev/shm/vmkeep-1f.log', 'pre run1 > /dev/shm/vmkeep-1f.log 2>&1'],
    ['C:\\a b\\freeze.bat', 'C:\\T E\\x.log', '/d /s /c ""C:\\a b\\freeze.bat" pre run1 > "C:\\T E\\x.log" 2>&1"'],
    ['D:\\freeze.exe', 'C:\\x.log', 'pre run1'],
  ])('%s writes into %s', (path, output, given) => {
    expect(guestCommand(path, ['pre', 'run1'], output).arguments).toBe(given)
  })

  it.each([
    ['/opt/freeze', '/dev/shm/vmkeep-1f.log', true],
    ['/opt/freeze', '/dev/shm/a;b', false],
    ['/opt/freeze', '/tmp/x', false],
    ['C:\\freeze.cmd', 'C:\\Temp\\x y.log', true],
    ['C:\\freeze.cmd', 'C:\\Temp\\%x%.log', false],
  ])('%s may write into %s: %s', (path, file, safe) => expect(outputPlaceOf(path)?.isSafe(file)).toBe(safe))

  it('is of Windows or not, by its path', () => {
    expect(whyOtherGuest('C:\\x.ps1', { windows: true })).toBeUndefined()
    expect(whyOtherGuest('/x', { windows: false })).toBeUndefined()
    expect(whyOtherGuest('/x', { windows: true })).toContain('not one of Windows')
    expect(whyOtherGuest('C:\\x.ps1', { windows: false })).toContain('is one of Windows')
  })
})
