export const sessionCookie = 'vmware_soap_session'
export const ticketCookie = 'vmware_cgi_ticket'

/**
 * A cookie's value. Clients echo what they were given in more ways than one: quoted, unquoted, and with `; Path=/; HttpOnly`
 * behind it. Source: vim25.md §7.2. Evidence: observed.
 */
export function cookieOf(header: string | undefined, name: string): string | undefined {
  for (const part of (header ?? '').split(';')) {
    const [key, ...value] = part.split('=')
    if (key?.trim() === name) return value.join('=').trim().replaceAll(/^"|"$/g, '')
  }
  return undefined
}

/** As vCenter sets it: the value in double quotes. */
export function sessionCookieHeader(token: string): string {
  return `${sessionCookie}="${token}"; Path=/; HttpOnly; Secure`
}
