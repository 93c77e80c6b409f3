// A make-believe libvixDiskLib for tests: the same functions, disks in plain files, rules that make it fail, crash, hang or panic.
// It is strict: who breaks a rule of the library's threads or alignments is aborted, and its log says why.
//
//   <libDir>/fake.conf   one `key=value` a line:
//     disks=<folder>     `[ds] web/web.vmdk` is the file `_ds__web_web.vmdk` there, its metadata `key=value` lines in `….ddb`
//     log=<file>         every call: `thread function arguments`
//     rules=<file>       `function nth action [code]`, for action crash | hang | panic | tell | error; read at every call.
//                        `crash!` and the like happen once, whatever process comes after: the file goes first
//     thumbprint=, cookie=, password=   what a connection must show
//     vcenter=<unix socket>   who disables a method of a VM for PrepareForAccess: `PrepareForAccess vm-12 identity` a line, answered by an
//                        error number a line. Without it: a file per VM and identity
//     sector=4096, transport=san, threads=4 (that log all the time), noasync=1
#define _GNU_SOURCE
#include "fake-abi.h"
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#ifndef VERSION
#define VERSION 8
#endif

extern unsigned long OpenSSL_version_num(void); // from the libcrypto beside us, or from whoever is found first

static LogFunction *logLine, *warnLine, *panicLine;
static char folder[1024], conf[8192], shown[256];
static pid_t openThread;
static volatile int running;

static void setting(const char *key, char *value, size_t size, const char *otherwise) {
  snprintf(value, size, "%s", otherwise);
  size_t length = strlen(key);
  for (char *line = conf; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
    if (!strncmp(line, key, length) && line[length] == '=')
      snprintf(value, size, "%.*s", (int)strcspn(line + length + 1, "\n"), line + length + 1);
}

static void say(LogFunction *how, const char *format, ...) {
  if (!how) return;
  va_list arguments;
  va_start(arguments, format);
  how(format, arguments);
  va_end(arguments);
}

static void note(const char *format, ...) {
  char path[1024], line[1200];
  setting("log", path, sizeof path, "");
  if (!*path) return;
  int length = snprintf(line, sizeof line, "%d ", (int)syscall(SYS_gettid));
  va_list arguments;
  va_start(arguments, format);
  length += vsnprintf(line + length, sizeof line - length - 1, format, arguments);
  va_end(arguments);
  line[length++] = '\n';
  int file = open(path, O_WRONLY | O_APPEND | O_CREAT, 0600);
  if (write(file, line, length) < 0) abort();
  close(file);
}

static void violated(const char *what) {
  note("VIOLATION %s", what);
  abort();
}

// What the rules say of this call: 0 to go on, or an error to return. Counts are kept for the process.
static struct { char function[40]; int count; } counts[64];
static pthread_mutex_t countLock = PTHREAD_MUTEX_INITIALIZER;

static Error rule(const char *function) {
  pthread_mutex_lock(&countLock);
  int at = 0;
  while (counts[at].function[0] && strcmp(counts[at].function, function)) at++;
  snprintf(counts[at].function, sizeof counts[at].function, "%s", function);
  int count = ++counts[at].count;
  pthread_mutex_unlock(&countLock);
  char path[1024], name[64], action[32];
  setting("rules", path, sizeof path, "");
  FILE *file = *path ? fopen(path, "r") : NULL;
  if (!file) return OK;
  int nth;
  Error result = OK;
  unsigned long long code;
  char line[256];
  while (fgets(line, sizeof line, file)) {
    code = 0;
    if (sscanf(line, "%63s %d %31s %llu", name, &nth, action, &code) < 3) continue;
    if (strcmp(name, function) || (nth != 0 && nth != count)) continue;
    note("RULE %s %s", function, action);
    char *once = strchr(action, '!');
    if (once) unlink(path), *once = 0;
    if (!strcmp(action, "crash")) raise(SIGSEGV);
    if (!strcmp(action, "hang")) for (;;) pause();
    if (!strcmp(action, "panic")) { say(panicLine, "NOT_REACHED %s:%d", function, count); abort(); }
    if (!strcmp(action, "tell")) say(warnLine, "the cookie is %s\n", shown);
    // Before 8.0.2 the library calls whatever the network does "access rights". Source: VDDK 8.0.2 release notes. Evidence: documented.
    if (!strcmp(action, "error")) result = VERSION < 8 && code == CONNECTION_REFUSED ? ACCESS : (0x7ULL << 32) | code;
  }
  fclose(file);
  return result;
}
#define RULE(function) do { Error failure_ = rule(function); if (failure_) return failure_; } while (0)

static void inOpenThread(const char *function) {
  pid_t here = syscall(SYS_gettid);
  if (openThread == 0) openThread = here;
  if (openThread != here) violated(function);
}

static void *chatter(void *unused) {
  (void)unused;
  for (int i = 0; running; i++) {
    say(logLine, "background thread %d of %s, %llu%%\n", i, "fake", 1ULL << 40);
    say(warnLine, "background warning %s\n", "of fake");
    usleep(500);
  }
  return NULL;
}

Error VixDiskLib_InitEx(uint32_t major, uint32_t minor, LogFunction *log, LogFunction *warn, LogFunction *panic, const char *libDir,
                        const char *configFile) {
  if (syscall(SYS_gettid) != getpid()) violated("InitEx outside the main thread");
  if (running) violated("InitEx twice");
  if (!log || !warn || !panic) violated("InitEx without functions of its own, whose default is not thread safe");
  if (major > VERSION) return NOT_SUPPORTED;
  char path[1024];
  snprintf(path, sizeof path, "%s/fake.conf", libDir ? libDir : ".");
  FILE *file = fopen(path, "r");
  if (!file) return FILE_NOT_FOUND;
  conf[fread(conf, 1, sizeof conf - 1, file)] = 0;
  fclose(file);
  setting("disks", folder, sizeof folder, ".");
  logLine = log, warnLine = warn, panicLine = panic, running = 1;
  void *plugin = dlopen("libdiskLibPlugin.so", RTLD_NOW); // by its name alone: found where libraries are searched
  if (!plugin) violated(dlerror());
  unsigned long (*pluginCrypto)(void) = (unsigned long (*)(void))dlsym(plugin, "fakePluginCrypto");
  note("InitEx %u.%u libcrypto %lx, of the plugin %lx, config %s", major, minor, OpenSSL_version_num(), pluginCrypto(),
       configFile ? configFile : "-");
  say(log, "fake VDDK %d for %s\n", VERSION, "tests");
  RULE("InitEx");
  char threads[16];
  setting("threads", threads, sizeof threads, "0");
  for (int i = atoi(threads); i > 0; i--) {
    pthread_t thread;
    pthread_create(&thread, NULL, chatter, NULL);
    pthread_detach(thread);
  }
  return OK;
}

void VixDiskLib_Exit(void) {
  note("Exit");
  running = 0;
}

const char *VixDiskLib_ListTransportModes(void) { return "file:san:hotadd:nbdssl:nbd"; }

char *VixDiskLib_GetErrorText(Error error, const char *locale) {
  (void)locale;
  char *text;
  if (asprintf(&text, (error & 0xffff) == FAIL ? "Unknown error" : "fake error %u", (unsigned)(error & 0xffff)) < 0) return NULL;
  return text;
}
void VixDiskLib_FreeErrorText(char *text) { free(text); }

ConnectParams *VixDiskLib_AllocateConnectParams(void) { return calloc(1, sizeof(ConnectParams)); }
void VixDiskLib_FreeConnectParams(ConnectParams *params) { free(params); }

// What vCenter answers, or -1 where there is none.
static int64_t vcenter(const char *verb, const ConnectParams *params, const char *identity) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  setting("vcenter", address.sun_path, sizeof address.sun_path, "");
  if (!*address.sun_path) return -1;
  const char *vm = params->vmxSpec ? params->vmxSpec : "";
  if (!strncmp(vm, "moref=", 6)) vm += 6;
  char line[256];
  int length = snprintf(line, sizeof line, "%s %s %s\n", verb, vm, identity);
  int file = socket(AF_UNIX, SOCK_STREAM, 0);
  int64_t answer = CONNECTION_REFUSED;
  if (connect(file, (struct sockaddr *)&address, sizeof address) == 0 && write(file, line, length) == length) {
    ssize_t got = 0, size = 0;
    while (size < (ssize_t)sizeof line - 1 && (got = read(file, line + size, sizeof line - 1 - size)) > 0) size += got;
    line[size] = 0;
    if (size > 0) answer = atoi(line);
  }
  close(file);
  return answer;
}

static void marker(const ConnectParams *params, const char *identity, char *path, size_t size) {
  snprintf(path, size, "%s/prepared-%s-%s", folder, params->vmxSpec ? params->vmxSpec : "", identity);
}

static Error checkLogin(const ConnectParams *params) {
  char wanted[512];
  if (params->credentialType == CREDENTIALS_SESSION) snprintf(shown, sizeof shown, "%s", params->credentials.session.cookie);
  setting("cookie", wanted, sizeof wanted, "");
  int known = params->credentialType == CREDENTIALS_SESSION
                  ? !*wanted || !strcmp(wanted, params->credentials.session.cookie)
                  : params->credentialType == CREDENTIALS_UID && params->credentials.uid.password != NULL;
  if (!known) return 3014;
  setting("thumbprint", wanted, sizeof wanted, "");
  return !*wanted || (params->thumbPrint && !strcmp(wanted, params->thumbPrint)) ? OK : FAIL;
}

Error VixDiskLib_PrepareForAccess(const ConnectParams *params, const char *identity) {
  if (strlen(identity) > 50) violated("an identity of more than 50 characters");
  note("PrepareForAccess %s %s", params->vmxSpec, identity);
  RULE("PrepareForAccess");
  Error refused = checkLogin(params);
  if (refused) return refused;
  int64_t answer = vcenter("PrepareForAccess", params, identity);
  if (answer >= 0) return answer;
  char path[2048];
  marker(params, identity, path, sizeof path);
  int file = open(path, O_CREAT | O_EXCL | O_WRONLY, 0600);
  if (file < 0) return BUSY;
  close(file);
  return OK;
}

Error VixDiskLib_EndAccess(const ConnectParams *params, const char *identity) {
  note("EndAccess %s %s", params->vmxSpec, identity);
  RULE("EndAccess");
  Error refused = checkLogin(params);
  if (refused) return refused;
  int64_t answer = vcenter("EndAccess", params, identity);
  if (answer >= 0) return answer;
  char path[2048];
  marker(params, identity, path, sizeof path);
  unlink(path);
  return OK;
}

Error VixDiskLib_Cleanup(const ConnectParams *params, uint32_t *cleaned, uint32_t *remaining) {
  note("Cleanup %s", params->vmxSpec ? "with a VM: wrong" : "all");
  if (params->vmxSpec) violated("Cleanup with a vmxSpec");
  RULE("Cleanup");
  char path[1100];
  snprintf(path, sizeof path, "%s/leftover", folder);
  *cleaned = unlink(path) == 0;
  *remaining = 0;
  return OK;
}

typedef struct { int readOnly; char modes[128]; } Connection;

Error VixDiskLib_ConnectEx(const ConnectParams *params, Truth readOnly, const char *snapshot, const char *modes, Connection **out) {
  inOpenThread("ConnectEx in another thread");
  note("ConnectEx %s %s %s snapshot %s modes %s server %s port %u nfc %u", params->vmxSpec, readOnly ? "ro" : "rw",
       params->credentialType == CREDENTIALS_SESSION ? "cookie" : "password", snapshot ? snapshot : "-", modes ? modes : "-", params->serverName,
       params->port, params->nfcHostPort);
  RULE("ConnectEx");
  Error refused = checkLogin(params);
  if (refused) return refused;
  Connection *connection = calloc(1, sizeof *connection);
  connection->readOnly = readOnly;
  snprintf(connection->modes, sizeof connection->modes, "%s", modes ? modes : VixDiskLib_ListTransportModes());
  *out = connection;
  return OK;
}

Error VixDiskLib_Disconnect(Connection *connection) {
  inOpenThread("Disconnect in another thread");
  note("Disconnect");
  free(connection);
  return OK;
}

typedef struct Job { struct Job *next; int write; uint64_t start, count; unsigned char *bytes; Completion *done; void *data; } Job;

typedef struct {
  int file, readOnly;
  uint64_t sectors;
  char path[1400], transport[32];
  pid_t thread;
  pthread_t worker;
  int hasWorker, stopping, pending;
  Job *first, **last;
  pthread_mutex_t lock;
  pthread_cond_t changed;
} Disk;

static void *work(void *argument) {
  Disk *disk = argument;
  pthread_mutex_lock(&disk->lock);
  for (;;) {
    while (!disk->first && !disk->stopping) pthread_cond_wait(&disk->changed, &disk->lock);
    Job *job = disk->first;
    if (!job) break;
    disk->first = job->next;
    if (!disk->first) disk->last = &disk->first;
    pthread_mutex_unlock(&disk->lock);
    Error result = rule("asyncRead");
    ssize_t bytes = job->count * SECTOR;
    off_t at = job->start * SECTOR;
    if (!result)
      result = (job->write ? pwrite(disk->file, job->bytes, bytes, at) : pread(disk->file, job->bytes, bytes, at)) == bytes ? OK : FAIL;
    job->done(job->data, result);
    free(job);
    pthread_mutex_lock(&disk->lock);
    disk->pending--;
    pthread_cond_broadcast(&disk->changed);
  }
  pthread_mutex_unlock(&disk->lock);
  return NULL;
}

Error VixDiskLib_Open(Connection *connection, const char *path, uint32_t flags, Disk **out) {
  inOpenThread("Open in another thread");
  note("Open %s flags %u", path, flags);
  RULE("Open");
  Disk *disk = calloc(1, sizeof *disk);
  int length = snprintf(disk->path, sizeof disk->path, "%s/", folder);
  snprintf(disk->path + length, sizeof disk->path - length, "%s", path);
  for (char *at = disk->path + length; *at; at++)
    if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-", *at)) *at = '_';
  disk->readOnly = (flags & FLAG_READ_ONLY) != 0;
  if (connection->readOnly && !disk->readOnly) return free(disk), FILE_READ_ONLY;
  disk->file = open(disk->path, disk->readOnly ? O_RDONLY : O_RDWR);
  if (disk->file < 0) return free(disk), FILE_NOT_FOUND;
  struct stat status;
  fstat(disk->file, &status);
  disk->sectors = status.st_size / SECTOR;
  setting("transport", disk->transport, sizeof disk->transport, "nbdssl");
  disk->last = &disk->first;
  pthread_mutex_init(&disk->lock, NULL);
  pthread_cond_init(&disk->changed, NULL);
  *out = disk;
  return OK;
}

static uint32_t sectorSize(void) {
  char size[16];
  setting("sector", size, sizeof size, "512");
  return atoi(size);
}

static void inDiskThread(Disk *disk) {
  pid_t here = syscall(SYS_gettid);
  if (disk->thread == 0) disk->thread = here;
  if (disk->thread != here) violated("I/O of a disk in several threads");
}

static Error range(Disk *disk, uint64_t start, uint64_t count) {
  uint32_t unit = sectorSize() / SECTOR;
  if (start % unit || (count % unit && start + count != disk->sectors)) violated("a run that is no multiple of the sector");
  return start + count > disk->sectors ? OUT_OF_RANGE : OK;
}

Error VixDiskLib_Read(Disk *disk, uint64_t start, uint64_t count, unsigned char *bytes) {
  inDiskThread(disk);
  note("Read %lu %lu", (unsigned long)start, (unsigned long)count);
  RULE("Read");
  Error error = range(disk, start, count);
  return error ? error : pread(disk->file, bytes, count * SECTOR, start * SECTOR) == (ssize_t)(count * SECTOR) ? OK : FAIL;
}

Error VixDiskLib_Write(Disk *disk, uint64_t start, uint64_t count, const unsigned char *bytes) {
  inDiskThread(disk);
  note("Write %lu %lu", (unsigned long)start, (unsigned long)count);
  RULE("Write");
  if (disk->readOnly) return FILE_READ_ONLY;
  Error error = range(disk, start, count);
  return error ? error : pwrite(disk->file, bytes, count * SECTOR, start * SECTOR) == (ssize_t)(count * SECTOR) ? OK : FAIL;
}

static Error submit(Disk *disk, int write, uint64_t start, uint64_t count, unsigned char *bytes, Completion *done, void *data) {
  inDiskThread(disk);
  char none[8];
  setting("noasync", none, sizeof none, "");
  if (*none) return NOT_SUPPORTED;
  RULE(write ? "WriteAsync" : "ReadAsync");
  if (write && disk->readOnly) return FILE_READ_ONLY;
  Error error = range(disk, start, count);
  if (error) return error;
  Job *job = malloc(sizeof *job);
  *job = (Job){NULL, write, start, count, bytes, done, data};
  pthread_mutex_lock(&disk->lock);
  if (!disk->hasWorker) disk->hasWorker = !pthread_create(&disk->worker, NULL, work, disk);
  *disk->last = job;
  disk->last = &job->next;
  disk->pending++;
  pthread_cond_broadcast(&disk->changed);
  pthread_mutex_unlock(&disk->lock);
  return ASYNC;
}

Error VixDiskLib_ReadAsync(Disk *disk, uint64_t start, uint64_t count, unsigned char *bytes, Completion *done, void *data) {
  note("ReadAsync %lu %lu", (unsigned long)start, (unsigned long)count);
  return submit(disk, 0, start, count, bytes, done, data);
}

Error VixDiskLib_WriteAsync(Disk *disk, uint64_t start, uint64_t count, const unsigned char *bytes, Completion *done, void *data) {
  note("WriteAsync %lu %lu", (unsigned long)start, (unsigned long)count);
  return submit(disk, 1, start, count, (unsigned char *)bytes, done, data);
}

Error VixDiskLib_Wait(Disk *disk) {
  note("Wait");
  RULE("Wait");
  pthread_mutex_lock(&disk->lock);
  while (disk->pending > 0) pthread_cond_wait(&disk->changed, &disk->lock);
  pthread_mutex_unlock(&disk->lock);
  return OK;
}

Error VixDiskLib_Flush(Disk *disk) {
  note("Flush");
  RULE("Flush");
  return fsync(disk->file) == 0 ? OK : FAIL;
}

Error VixDiskLib_Close(Disk *disk) {
  inOpenThread("Close in another thread");
  note("Close");
  RULE("Close");
  if (disk->pending) violated("Close with reads under way");
  if (disk->hasWorker) {
    pthread_mutex_lock(&disk->lock);
    disk->stopping = 1;
    pthread_cond_broadcast(&disk->changed);
    pthread_mutex_unlock(&disk->lock);
    pthread_join(disk->worker, NULL);
  }
  close(disk->file);
  free(disk);
  return OK;
}

const char *VixDiskLib_GetTransportMode(Disk *disk) { return disk->transport; }

Error VixDiskLib_GetInfo(Disk *disk, Info **out) {
  RULE("GetInfo");
  Info *info = calloc(1, sizeof *info);
  info->capacitySectors = disk->sectors;
  info->adapterType = 3;
  info->links = 1;
  info->logicalSectorSize = sectorSize();
  info->physicalSectorSize = sectorSize();
  *out = info;
  return OK;
}
void VixDiskLib_FreeInfo(Info *info) { free(info); }

Error VixDiskLib_QueryAllocatedBlocks(Disk *disk, uint64_t start, uint64_t count, uint64_t chunk, BlockList **out) {
  note("QueryAllocatedBlocks %lu %lu %lu", (unsigned long)start, (unsigned long)count, (unsigned long)chunk);
  RULE("QueryAllocatedBlocks");
  if (chunk < CHUNK_MIN || chunk & (chunk - 1) || start % chunk || count % chunk || count == 0) violated("QueryAllocatedBlocks not in chunks");
  if (count / chunk > CHUNKS_MAX) violated("QueryAllocatedBlocks of too many chunks");
  if (start + count > disk->sectors) return OUT_OF_RANGE;
  BlockList *list = calloc(1, sizeof(BlockList) + (count / chunk) * sizeof(Block));
  unsigned char *bytes = malloc(chunk * SECTOR), *zeroes = calloc(chunk, SECTOR);
  for (uint64_t at = start; at < start + count; at += chunk) {
    if (pread(disk->file, bytes, chunk * SECTOR, at * SECTOR) < 0) abort();
    if (!memcmp(bytes, zeroes, chunk * SECTOR)) continue;
    Block *last = list->count ? &list->blocks[list->count - 1] : NULL;
    if (last && last->offset + last->length == at) last->length += chunk;
    else list->blocks[list->count++] = (Block){at, chunk};
  }
  free(bytes), free(zeroes);
  *out = list;
  return OK;
}
Error VixDiskLib_FreeBlockList(BlockList *list) { return free(list), OK; }

// Reads the `….ddb` beside a disk: a lookup of one key, or all keys, each ended by a zero byte and the list by another.
static size_t metadata(Disk *disk, const char *key, char *into, size_t size) {
  char path[1500], line[1024];
  snprintf(path, sizeof path, "%s.ddb", disk->path);
  FILE *file = fopen(path, "r");
  size_t length = 0;
  while (file && fgets(line, sizeof line, file)) {
    line[strcspn(line, "\n")] = 0;
    char *value = strchr(line, '=');
    if (!value) continue;
    *value++ = 0;
    if (key && strcmp(key, line)) continue;
    const char *text = key ? value : line;
    if (length + strlen(text) + 1 <= size) memcpy(into + length, text, strlen(text) + 1);
    length += strlen(text) + 1;
    if (key) break;
  }
  if (file) fclose(file);
  if (!key && ++length <= size) into[length - 1] = 0;
  return length;
}

Error VixDiskLib_GetMetadataKeys(Disk *disk, char *keys, size_t size, size_t *required) {
  RULE("GetMetadataKeys");
  size_t length = metadata(disk, NULL, keys, keys ? size : 0);
  if (required) *required = length;
  return length <= size ? OK : BUFFER_TOO_SMALL;
}

Error VixDiskLib_ReadMetadata(Disk *disk, const char *key, char *value, size_t size, size_t *required) {
  RULE("ReadMetadata");
  size_t length = metadata(disk, key, value, value ? size : 0);
  if (length == 0) return KEY_NOT_FOUND;
  if (required) *required = length;
  return length <= size ? OK : BUFFER_TOO_SMALL;
}

Error VixDiskLib_WriteMetadata(Disk *disk, const char *key, const char *value) {
  RULE("WriteMetadata");
  if (disk->readOnly) return FILE_READ_ONLY;
  char path[1500];
  snprintf(path, sizeof path, "%s.ddb", disk->path);
  FILE *file = fopen(path, "a");
  fprintf(file, "%s=%s\n", key, value);
  fclose(file);
  return OK;
}
