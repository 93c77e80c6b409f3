// What VMware Tools do inside of a guest for somebody who can log in there: programs, their exit codes and what they wrote.
// Source: vSphere Web Services API 8.0, GuestAuthManager, GuestProcessManager, GuestFileManager. Evidence: documented.
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
  GuestFileAttributes: {
    modificationTime: 'dateTime?',
    accessTime: 'dateTime?',
    symlinkTarget: 'string?',
  },
  GuestPosixFileAttributes: {
    $extends: 'GuestFileAttributes',
    ownerId: 'int?',
    groupId: 'int?',
    permissions: 'long?',
  },
  GuestWindowsFileAttributes: {
    $extends: 'GuestFileAttributes',
    hidden: 'boolean?',
    readOnly: 'boolean?',
    createTime: 'dateTime?',
  },
  FileTransferInformation: {
    attributes: 'any GuestFileAttributes',
    size: 'long',
    url: 'string',
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
  CreateTemporaryFileInGuest: {
    $on: 'GuestFileManager',
    vm: 'ref',
    auth: 'any GuestAuthentication',
    prefix: 'string',
    suffix: 'string',
    directoryPath: 'string?',
    $returns: 'string',
  },
  InitiateFileTransferFromGuest: {
    $on: 'GuestFileManager',
    vm: 'ref',
    auth: 'any GuestAuthentication',
    guestFilePath: 'string',
    $returns: 'FileTransferInformation',
  },
  DeleteFileInGuest: {
    $on: 'GuestFileManager',
    vm: 'ref',
    auth: 'any GuestAuthentication',
    filePath: 'string',
  },
})
