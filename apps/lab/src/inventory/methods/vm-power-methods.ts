import { VimFault } from '../../faults/vim-fault.ts'
import { startTask } from '../../tasks/start-task.ts'
import { type Call, type Handlers, targetAs } from '../../soap/call.ts'
import { VirtualMachine } from '../virtual-machine.ts'
import { checkReachable } from '../vm/check-snapshot.ts'
import { mustBe, switchPower } from '../vm/power.ts'
import { untilAnswered } from '../vm/until-answered.ts'

type Power = VirtualMachine['power']

export const vmPowerMethods: Handlers = {
  PowerOnVM_Task: (call) => switching(call, 'powerOn', ['off', 'suspended'], 'on'),
  PowerOffVM_Task: (call) => switching(call, 'powerOff', ['on'], 'off'),
  SuspendVM_Task: (call) => switching(call, 'suspend', ['on'], 'suspended'),
  ResetVM_Task: (call) => switching(call, 'reset', ['on'], 'on'),

  PowerOnMultiVM_Task(call) {
    const { world, request } = call
    const vms = request.vm.map((ref) => world.inventory.getAs(VirtualMachine, ref, 'vm'))
    const options = { descriptionId: 'Datacenter.powerOnVm', entity: world.datacenter, shared: true }
    return startTask(call, options, async () => {
      for (const vm of vms.filter(({ power }) => power !== 'on')) await switchPower(vm, 'on')
      return { $type: 'ClusterPowerOnVmResult', attempted: vms.map(({ ref }) => ({ vm: ref })), notAttempted: [] }
    })
  },

  ShutdownGuest: (call) => fromInside(call, 'off'),
  RebootGuest: (call) => fromInside(call, 'on'),
  StandbyGuest: (call) => fromInside(call, 'suspended'),

  AnswerVM(call) {
    const vm = targetAs(call, VirtualMachine)
    if (vm.question === undefined) throw new VimFault('InvalidArgument', { invalidProperty: 'questionId' })
    vm.question = undefined
    vm.touch()
  },
}

function switching(
  call: Call<'PowerOnVM_Task' | 'PowerOffVM_Task' | 'SuspendVM_Task' | 'ResetVM_Task'>,
  name: string,
  from: readonly Power[],
  to: Power,
) {
  const vm = targetAs(call, VirtualMachine)
  const options = { descriptionId: `VirtualMachine.${name}`, entity: vm, cancelable: to === 'on' }
  return startTask(call, options, async ({ signal }) => {
    checkReachable(vm)
    mustBe(vm, from, to)
    if (to === 'on') await untilAnswered(vm, signal)
    if (call.action?.do !== 'late-power') return await switchPower(vm, to)
    void call.world.clock.sleep(call.action.ms).then(() => switchPower(vm, to))
  })
}

/** What only VMware Tools can do; done at once, as far as anybody outside can see. */
async function fromInside(call: Call<'ShutdownGuest' | 'RebootGuest' | 'StandbyGuest'>, to: Power): Promise<void> {
  const vm = targetAs(call, VirtualMachine)
  mustBe(vm, ['on'], to)
  if (vm.toolsState !== 'running') throw new VimFault('ToolsUnavailable')
  await switchPower(vm, to)
}
