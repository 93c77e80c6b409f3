/** Names of the guest systems the lab uses. Others are shown by their id. */
const names: Readonly<Record<string, string>> = {
  otherGuest: 'Other (32-bit)',
  otherGuest64: 'Other (64-bit)',
  debian12_64Guest: 'Debian GNU/Linux 12 (64-bit)',
  other6xLinux64Guest: 'Other 6.x or later Linux (64-bit)',
  rhel9_64Guest: 'Red Hat Enterprise Linux 9 (64-bit)',
  ubuntu64Guest: 'Ubuntu Linux (64-bit)',
  windows2019srvNext_64Guest: 'Microsoft Windows Server 2022 (64-bit)',
  windows11_64Guest: 'Microsoft Windows 11 (64-bit)',
}

export const guestNameOf = (guestId: string): string => names[guestId] ?? guestId

export const guestFamilyOf = (guestId: string): string => (guestId.startsWith('win') ? 'windowsGuest' : 'linuxGuest')
