import { command } from '../command.ts'
import { switchTrackingOf, trackedVm } from '../switch-tracking.ts'

export const vmCbtResetCommand = command({
  name: 'vm cbt reset',
  summary: 'Start the change tracking of a VM anew, where it cannot be trusted any more',
  description:
    'Off, a short snapshot, on, another one: the procedure that VMware gives. Refused while the VM has other snapshots. The next backup reads whole disks and stores what differs.',
  examples: [{ run: 'vmkeep vm cbt reset web-01', does: 'by name' }],
  arguments: trackedVm,
  exits: ['partial', 'notFound', 'conflict', 'precondition'],
  needs: ['config', 'session'],

  run: (given) => switchTrackingOf(given, 'reset'),
})
