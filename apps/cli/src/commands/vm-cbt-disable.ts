import { command } from '../command.ts'
import { switchTrackingOf, trackedVm } from '../switch-tracking.ts'

export const vmCbtDisableCommand = command({
  name: 'vm cbt disable',
  summary: 'Have vSphere no longer track the changes of a VM',
  description:
    'It takes effect by a short snapshot that is removed at once. A backup switches tracking on again, unless backup.changeTracking is "as-is".',
  examples: [{ run: 'vmkeep vm cbt disable web-01', does: 'by name' }],
  arguments: trackedVm,
  exits: ['partial', 'notFound', 'conflict', 'precondition'],
  needs: ['config', 'session'],

  run: (given) => switchTrackingOf(given, 'off'),
})
