import type { DataObject } from '@vmkeep/vsphere/types'

/** The version both products of the lab speak, and what clients may negotiate down to. */
export const apiVersion = '8.0.3.0'
export const priorApiVersions: readonly string[] = [
  '8.0.2.0',
  '8.0.1.0',
  '8.0.0.1',
  '7.0.3.2',
  '7.0.3.0',
  '7.0.2.0',
  '7.0.1.0',
  '7.0.0.0',
  '6.9.1',
  '6.8.7',
  '6.7.3',
  '6.7.2',
  '6.7.1',
  '6.7',
  '6.5',
  '6.0',
]

/** What a vCenter says of itself. The product names are what clients look for; nothing else here is VMware's. */
export function vcenterAbout(instanceUuid: string): DataObject<'AboutInfo'> {
  return {
    name: 'VMware vCenter Server',
    fullName: 'VMware vCenter Server 8.0.3 build-24022515 (vmkeep lab)',
    vendor: 'VMware, Inc.',
    version: '8.0.3',
    build: '24022515',
    localeVersion: 'INTL',
    localeBuild: '000',
    osType: 'linux-x64',
    productLineId: 'vpx',
    apiType: 'VirtualCenter',
    apiVersion,
    instanceUuid,
    licenseProductName: 'VMware VirtualCenter Server',
    licenseProductVersion: '8.0',
  }
}

export function esxiAbout(): DataObject<'AboutInfo'> {
  return {
    name: 'VMware ESXi',
    fullName: 'VMware ESXi 8.0.3 build-24022510 (vmkeep lab)',
    vendor: 'VMware, Inc.',
    version: '8.0.3',
    build: '24022510',
    localeVersion: 'INTL',
    localeBuild: '000',
    osType: 'vmnix-x86',
    productLineId: 'embeddedEsx',
    apiType: 'HostAgent',
    apiVersion,
    licenseProductName: 'VMware ESX Server',
    licenseProductVersion: '8.0',
  }
}
