// The ABI of libvixDiskLib and libvixMntapi as we know it, written down anew for the fakes; no header of VMware's.
// Source: developer.broadcom.com, Virtual Disk API, "Data Structures" and "Virtual Disk Library Functions"; what public clients declare
// (nbdkit's vddk plugin, ffi-vix_disk_lib). Evidence: documented (names, meaning), observed there (layout).
#pragma once
#include <stdarg.h>
#include <stdint.h>
#include <stddef.h>

typedef uint64_t Error;
typedef char Truth; // one byte
typedef void LogFunction(const char *format, va_list arguments);
typedef void Completion(void *data, Error result);

enum {
  OK = 0,
  FAIL = 1,
  FILE_NOT_FOUND = 4,
  BUSY = 5,
  NOT_SUPPORTED = 6,
  FILE_READ_ONLY = 11,
  ACCESS = 13,
  BUFFER_TOO_SMALL = 24,
  OUT_OF_RANGE = 16007,
  KEY_NOT_FOUND = 16052,
  CONNECTION_REFUSED = 14009,
  ASYNC = 25000
};

enum { CREDENTIALS_UID = 1, CREDENTIALS_SESSION = 2, FLAG_READ_ONLY = 4, SECTOR = 512, CHUNK_MIN = 128, CHUNKS_MAX = 512 * 1024 };

typedef struct {
  char *vmxSpec, *serverName, *thumbPrint;
  long hidden1;
  int credentialType;
  union {
    struct { char *user, *password; } uid;
    struct { char *cookie, *user, *key; } session;
  } credentials;
  uint32_t port, nfcHostPort;
  char *hidden2;
  char hidden3[8];
  void *hidden4;
  char *storageObject[3];
  int specType;
} ConnectParams;

typedef struct {
  uint32_t biosGeometry[3], physicalGeometry[3];
  uint64_t capacitySectors;
  int adapterType, links;
  char *parentHint, *uuid;
  uint32_t logicalSectorSize, physicalSectorSize; // since 7.0
} Info;

typedef struct { uint64_t offset, length; } Block;
typedef struct { uint32_t count; Block blocks[]; } BlockList;

typedef struct {
  int family;
  uint32_t majorVersion, minorVersion;
  Truth is64Bit;
  char *vendor, *edition, *folder;
} OsInfo;

typedef struct {
  int type;
  Truth isMounted;
  char *symbolicLink;
  size_t mountPoints;
  char *mountPoint[1];
} VolumeInfo;
