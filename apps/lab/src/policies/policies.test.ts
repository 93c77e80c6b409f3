import { encodeRequest, readAnswer } from '@vmkeep/vsphere/types'
import { describe, expect, it } from 'vitest'
import { openTestLab, service } from '../testing.ts'

const question = (session?: string) =>
  encodeRequest('PbmRetrieveServiceContent', { _this: service('PbmServiceInstance', 'ServiceInstance') }, session)

type World = Awaited<ReturnType<typeof openTestLab>>
const tokenOf = ({ client }: World) => /"(.*)"/.exec(client.cookie!)![1]!

async function asked(world: World, body: string, path = '/pbm') {
  const answer = readAnswer((await world.client.http('POST', path, { body })).body)
  return 'fault' in answer ? answer.fault.fault?.$type : answer.response.name
}

describe('the service of storage policies', () => {
  it('knows whose call it is by the SOAP header alone', async () => {
    await using world = await openTestLab()
    expect(await asked(world, question(tokenOf(world)))).toBe('PbmRetrieveServiceContentResponse')
    expect(await asked(world, question())).toBe('NotAuthenticated') // though its HTTP cookie is good
    expect(await asked(world, question('of somebody else'))).toBe('NotAuthenticated')
    world.lab.expireSessions()
    expect(await asked(world, question(tokenOf(world)))).toBe('NotAuthenticated')
  })

  it('answers nothing of vim25, nor vim25 anything of it; an ESXi host has none', async () => {
    await using world = await openTestLab()
    const time = encodeRequest('CurrentTime', { _this: service('ServiceInstance', 'ServiceInstance') }, tokenOf(world))
    expect(await asked(world, time)).toBe('InvalidRequest')
    expect(await asked(world, question(tokenOf(world)), '/sdk')).toBe('InvalidRequest')
    await using host = await openTestLab({ mode: 'esxi' })
    expect((await host.client.http('POST', '/pbm', { body: question(tokenOf(host)) })).status).toBe(404)
  })
})
