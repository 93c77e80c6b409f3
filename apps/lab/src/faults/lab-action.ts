import type { FaultRule } from '@vmkeep/kit'
import type { MachineAction } from '../machine/lab-machine.ts'
import type { NfcAction } from '../nfc/model.ts'
import type { StorageAction } from '../storage/model.ts'

/** What a rule can do to a SOAP method, or to `folder.get`, `folder.put`, `folder.delete` on the datastores' files,
 * to `lease.get`, `lease.post` on the disks of leases, or to `automation.login`, `automation.call`, `automation.logout` of the REST API. */
export type MethodAction =
  /** The call answers with this fault and does nothing. */
  | {
      readonly do: 'fault'
      readonly type: string
      readonly text?: string
      readonly fields?: Readonly<Record<string, unknown>>
    }
  /** The call is accepted; its task fails with this fault and does nothing. */
  | {
      readonly do: 'task-fault'
      readonly type: string
      readonly text?: string
      readonly fields?: Readonly<Record<string, unknown>>
    }
  | { readonly do: 'delay'; readonly ms: number }
  /** Cuts the connection before anything is done. */
  | { readonly do: 'disconnect' }
  /** Does it, then cuts the connection: the caller cannot know. */
  | { readonly do: 'lost-reply' }
  | { readonly do: 'http-error'; readonly status: number }
  /** The session of the call ends first. */
  | { readonly do: 'expire-session' }
  /** Does it and answers with bytes that are no XML. */
  | { readonly do: 'garbage' }
  /** Does it and answers with half of the XML; of a file, ends the connection in its middle or at this byte. */
  | { readonly do: 'truncate'; readonly atBytes?: number }
  /** The VM moves to another host, then the call goes on. */
  | { readonly do: 'vmotion'; readonly host?: string }
  /** The VM loses power without warning, then the call goes on. */
  | { readonly do: 'power-loss' }
  /** The task is done, and gone before anybody can ask for it. */
  | { readonly do: 'vanish-task' }
  /** The snapshot goes from the tree, its disks are not merged, and the task succeeds. */
  | { readonly do: 'leave-consolidation-needed' }
  /** The task succeeds, and the snapshot is there as before. */
  | { readonly do: 'leave-snapshot' }
  /** What the task does is done, and it goes on for so long, with its VM locked. */
  | { readonly do: 'long-task'; readonly ms: number }
  /** The host of the VM crashes in the midst of the merge: the task fails, and the VM starts anew on another host. */
  | { readonly do: 'host-crash' }
  /** The task ends, and the VM starts only so long after. */
  | { readonly do: 'late-power'; readonly ms: number }
  /** The snapshot is taken without quiescing, in silence; or VSS quiesces file systems only, without the writers of applications. */
  | { readonly do: 'ignore-quiesce' }
  | { readonly do: 'file-system-only' }
  /** A ticket names another certificate than its host shows. */
  | { readonly do: 'wrong-thumbprint' }
  /** The lease runs out, as if nobody had renewed it. */
  | { readonly do: 'expire-lease' }
  /** A lease's manifest lacks what was fetched, or tells another checksum. */
  | { readonly do: 'short-manifest' }
  | { readonly do: 'wrong-checksum' }

/** Everything a rule can do, wherever it strikes. Each place acts on the actions it knows. */
export type LabAction = MethodAction | NfcAction | StorageAction | MachineAction
export type LabRule = FaultRule<LabAction>
