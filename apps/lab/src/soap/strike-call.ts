import { completeFault } from '../faults/complete-fault.ts'
import type { LabAction } from '../faults/lab-action.ts'
import { VimFault } from '../faults/vim-fault.ts'
import type { LabObject } from '../inventory/lab-object.ts'
import type { World } from '../inventory/world.ts'
import { vmOf } from './names-in-rules.ts'
import type { SoapAnswer, SoapContext } from './soap-answer.ts'
import { strikeVm } from './strike-vm.ts'

/** What a rule does before a call is made: an answer in its place, or nothing that can be seen. @throws VimFault */
export async function strikeBefore(
  action: LabAction | undefined,
  target: LabObject,
  { world, cookie, signal }: SoapContext & { readonly world: World },
): Promise<SoapAnswer | undefined> {
  if (action?.do === 'disconnect') return { kind: 'cut' }
  if (action?.do === 'http-error') return { kind: 'http-error', status: action.status }
  if (action?.do === 'fault') throw completeFault(action, target)
  if (action?.do === 'delay') await world.clock.sleep(action.ms, signal)
  if (action?.do === 'expire-session') {
    if (cookie.session !== undefined) world.sessions.end(cookie.session)
    throw new VimFault('NotAuthenticated', { object: target.ref, privilegeId: 'System.View' })
  }
  const vm = vmOf(target)
  if (vm !== undefined && (action?.do === 'vmotion' || action?.do === 'power-loss')) await strikeVm(vm, action)
  return undefined
}

/** What a rule makes of an answer. */
export function strikeAfter(action: LabAction | undefined, answer: SoapAnswer & { readonly kind: 'xml' }): SoapAnswer {
  if (action?.do === 'lost-reply') return { kind: 'cut' }
  if (action?.do === 'garbage') return { ...answer, xml: '\u0001\u0002<<< this is no XML >>>' }
  if (action?.do === 'truncate') return { ...answer, xml: answer.xml.slice(0, Math.floor(answer.xml.length / 2)) }
  return answer
}
