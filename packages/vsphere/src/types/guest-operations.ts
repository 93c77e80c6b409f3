// What VMware Tools do inside of a guest for somebody who can log in there: programs and their exit codes.
// Source: vSphere Web Services API 8.0, GuestAuthManager, GuestProcessManager. Evidence: documented.
import { dataTypes, methods } from './notation.ts'

export const guestOperations = dataTypes({
  GuestAuthentication: {
    interactiveSession: 'boolean',
  },
  NamePasswordAuthentication: {
    $extends: 'GuestAuthentication',
    username: 'string',
    password: 'string',
  },
  GuestProgramSpec: {
    programPath: 'string',
    arguments: 'string',
    workingDirectory: 'string?',
    envVariables: 'string[]?',
  },
  GuestWindowsProgramSpec: {
    $extends: 'GuestProgramSpec',
    startMinimized: 'boolean',
  },
  GuestProcessInfo: {
    name: 'string',
    pid: 'long',
    owner: 'string',
    cmdLine: 'string',
    startTime: 'dateTime',
    endTime: 'dateTime?',
    exitCode: 'int?',
  },
})

export const guestMethods = methods({
  ValidateCredentialsInGuest: {
    $on: 'GuestAuthManager',
    vm: 'ref',
    auth: 'any GuestAuthentication',
  },
  StartProgramInGuest: {
    $on: 'GuestProcessManager',
    vm: 'ref',
    auth: 'any GuestAuthentication',
    spec: 'any GuestProgramSpec',
    $returns: 'long',
  },
  ListProcessesInGuest: {
    $on: 'GuestProcessManager',
    vm: 'ref',
    auth: 'any GuestAuthentication',
    pids: 'long[]?',
    $returns: 'GuestProcessInfo[]?',
  },
  TerminateProcessInGuest: {
    $on: 'GuestProcessManager',
    vm: 'ref',
    auth: 'any GuestAuthentication',
    pid: 'long',
  },
})
