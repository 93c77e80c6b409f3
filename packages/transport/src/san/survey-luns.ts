import { readdir } from 'node:fs/promises'
import { messageOf } from '@vmkeep/kit'
import { retrieve, type Session } from '@vmkeep/vsphere'
import { datastoreOnLuns, type SanDatastore } from './datastore-on-luns.ts'
import { findLun } from './find-lun.ts'

/** Which datastores this machine could read from their LUNs, as it was when the run began: by reference, why not, or `undefined` if all their LUNs are visible here. */
export type LunSurvey = ReadonlyMap<string, string | undefined>

/** Asks vSphere for its datastores and this machine for their LUNs. What a LUN holds is looked at when a disk is opened. @throws `vsphere.*` */
export async function surveyLuns(session: Session, lunFolder: string, signal: AbortSignal): Promise<LunSurvey> {
  const survey = new Map<string, string | undefined>()
  const whyNone = await readdir(lunFolder).then(
    () => undefined,
    (error: unknown) => `this machine shows no LUNs: ${messageOf(error)}`,
  )
  const from = { under: session.content.rootFolder }
  const request = { type: 'Datastore', paths: ['name', 'summary.type', 'info'], from } as const
  for await (const { ref, properties } of retrieve(session, request, signal)) {
    const { name, info } = properties
    if (name === undefined || info === undefined) continue // this account may not see it: found out when a disk is opened
    const found = datastoreOnLuns({ name, type: properties['summary.type'] ?? '', info })
    const whyNot = 'whyNot' in found ? found.whyNot : (whyNone ?? (await whyNotVisible(found, lunFolder)))
    survey.set(ref.value, whyNot)
  }
  return survey
}

async function whyNotVisible({ name, vmfs }: SanDatastore, lunFolder: string): Promise<string | undefined> {
  for (const { diskName } of vmfs.extent)
    if ((await findLun(diskName, lunFolder)) === undefined) return notVisible(name, diskName, lunFolder)
  return undefined
}

export const notVisible = (datastore: string, lun: string, lunFolder: string): string =>
  `the LUN ${lun} of the datastore ${datastore} is not visible to this machine (nothing in ${lunFolder})`
