import { fail } from '../errors.ts'
import type { Session } from '../session/session.ts'
import { waitForTask } from '../tasks/wait-for-task.ts'
import type { ManagedObjectReference } from '../types/index.ts'

/**
 * Deletes one file of a datastore. The caller knows that it is ours.
 *
 * @param file `[datastore] folder/name.vmsn`
 * @throws `vsphere.file-not-found`, `vsphere.file-locked` …
 */
export async function deleteFile(
  session: Session,
  file: string,
  { datacenter, signal }: { readonly datacenter: ManagedObjectReference; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  const { fileManager } = session.content
  if (fileManager === undefined) throw fail('vsphere.no-configuration', { object: file })
  const task = await session.call(
    'DeleteDatastoreFile_Task',
    { _this: fileManager, name: file, datacenter },
    { signal },
  )
  await waitForTask(session, task, { signal })
}
