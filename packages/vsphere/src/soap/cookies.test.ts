import { describe, expect, it } from 'vitest'
import { Cookies } from './cookies.ts'

describe('cookies', () => {
  it.each([
    [['vmware_soap_session="52 a; b"; Path=/; HttpOnly; Secure'], 'vmware_soap_session="52 a; b"'],
    [['vmware_soap_session=5f3a-77; HttpOnly'], 'vmware_soap_session=5f3a-77'],
    [['a=1', 'b="x=y"; Path=/'], 'a=1; b="x=y"'],
    [['a=1', 'a=2'], 'a=2'],
    [['a='], 'a='],
    [['=x', ';', '', 'nonsense'], undefined],
    [undefined, undefined],
  ])('from %j go back as %j', (setCookie, sent) => {
    const cookies = new Cookies()
    cookies.accept(setCookie)
    expect(cookies.headers.cookie).toBe(sent)
  })
})
