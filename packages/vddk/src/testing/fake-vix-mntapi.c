// A make-believe libvixMntapi for tests: what it says of a guest stands in `<libDir>/guest.conf`, one `key=value` a line. Of its functions
// `GetOsInfo=crash`, `=hang` or `=<error>` makes one do that.
#define _GNU_SOURCE
#include "fake-abi.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char conf[4096];

static char *value(const char *key) {
  size_t length = strlen(key);
  for (char *line = conf; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
    if (!strncmp(line, key, length) && line[length] == '=') return strndup(line + length + 1, strcspn(line + length + 1, "\n"));
  return NULL;
}
static int number(const char *key) {
  char *text = value(key);
  return text ? atoi(text) : 0;
}

static Error rule(const char *function) {
  char *action = value(function);
  if (!action) return OK;
  if (!strcmp(action, "crash")) raise(SIGSEGV);
  if (!strcmp(action, "hang")) for (;;) pause();
  Error error = atoi(action);
  return free(action), error;
}
#define RULE(function) do { Error failure_ = rule(function); if (failure_) return failure_; } while (0)

Error VixMntapi_Init(uint32_t major, uint32_t minor, LogFunction *log, LogFunction *warn, LogFunction *panic, const char *libDir, const char *config) {
  (void)log, (void)warn, (void)panic, (void)config;
  if (major != 1 || minor != 0) return NOT_SUPPORTED;
  char path[1024];
  snprintf(path, sizeof path, "%s/guest.conf", libDir);
  FILE *file = fopen(path, "r");
  if (!file) return FILE_NOT_FOUND;
  conf[fread(conf, 1, sizeof conf - 1, file)] = 0;
  fclose(file);
  RULE("Init");
  return OK;
}
void VixMntapi_Exit(void) {}

typedef struct { char *disk; } DiskSet;

Error VixMntapi_OpenDisks(void *connection, const char **names, size_t count, uint32_t flags, DiskSet **out) {
  RULE("OpenDisks");
  if (!connection || count != 1 || flags != FLAG_READ_ONLY) return 3; // Linux takes one disk at a time
  *out = calloc(1, sizeof(DiskSet));
  (*out)->disk = strdup(names[0]);
  return OK;
}
Error VixMntapi_CloseDiskSet(DiskSet *set) { return free(set->disk), free(set), OK; }

Error VixMntapi_GetOsInfo(DiskSet *set, OsInfo **out) {
  RULE("GetOsInfo");
  (void)set;
  OsInfo *info = calloc(1, sizeof *info);
  info->family = number("family");
  info->majorVersion = number("major");
  info->minorVersion = number("minor");
  info->is64Bit = number("bits") == 64;
  info->vendor = value("vendor");
  info->edition = value("edition");
  *out = info;
  return OK;
}
void VixMntapi_FreeOsInfo(OsInfo *info) { free(info); }

Error VixMntapi_GetVolumeHandles(DiskSet *set, size_t *count, void ***out) {
  RULE("GetVolumeHandles");
  (void)set;
  *count = number("volumes");
  *out = calloc(*count + 1, sizeof(void *));
  for (size_t i = 0; i < *count; i++) (*out)[i] = (void *)(i + 1);
  return OK;
}
void VixMntapi_FreeVolumeHandles(void **handles) { free(handles); }

Error VixMntapi_GetVolumeInfo(void *handle, VolumeInfo **out) {
  RULE("GetVolumeInfo");
  VolumeInfo *info = calloc(1, sizeof *info + sizeof(char *));
  info->type = handle == (void *)1 ? 2 : 4;
  info->mountPoints = handle == (void *)1 ? 2 : 0;
  info->mountPoint[0] = "C:\\";
  (&info->mountPoint[0])[1] = "D:\\";
  *out = info;
  return OK;
}
void VixMntapi_FreeVolumeInfo(VolumeInfo *info) { free(info); }
