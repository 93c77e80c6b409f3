import { command } from '../command.ts'
import { switchTrackingOf, trackedVm } from '../switch-tracking.ts'

export const vmCbtEnableCommand = command({
  name: 'vm cbt enable',
  summary: 'Have vSphere track the changes of a VM, so that backups read only what changed',
  description:
    'It takes effect by a short snapshot that is removed at once. Refused while the VM has snapshots: tracking that begins beside them gives wrong answers later.',
  examples: [{ run: 'vmkeep vm cbt enable web-01', does: 'by name' }],
  arguments: trackedVm,
  exits: ['partial', 'notFound', 'conflict', 'precondition'],
  needs: ['config', 'session'],

  run: (given) => switchTrackingOf(given, 'on'),
})
