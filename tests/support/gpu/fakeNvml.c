/*
 * A stand-in for NVIDIA's libnvidia-ml.so.1 with the calls that aistack uses, switched by environment:
 *
 *   FAKE_GPUS            how many GPUs it has; default 2
 *   FAKE_MIG             how many MIG instances GPU 0 has; absent: its MIG mode is off. Other GPUs know none
 *   FAKE_CALL            return code of a call, as in FAKE_nvmlInit_v2=18
 *   FAKE_CALL_INDEX      the same for one GPU, as in FAKE_nvmlDeviceGetHandleByIndex_v2_1=4
 *   FAKE_HANG            name of a call that never returns
 *   FAKE_CRASH           name of a call that ends the process by a segmentation fault
 *   FAKE_STRAY           nvmlInit_v2 hangs, and SIGKILL does not free its output: another process holds it
 *                        open for that many seconds, as one does that is stuck in the kernel
 *
 * Compiled with -DOLD_DRIVER it lacks calls that old drivers lack. Signatures: NVIDIA/go-nvml, pkg/nvml/nvml.h.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct { int index; int mig; } device;
typedef struct { unsigned long long total, free, used; } memory_info;
typedef struct { unsigned gpu, memory; } utilization;
typedef struct { unsigned pid; unsigned long long used; unsigned gpu_instance, compute_instance; } process_info;

#define MIB (1024ULL * 1024)
#define MOST 16

static device gpus[MOST];
static device instances[MOST];

static int number(const char *name, int absent) {
  const char *text = getenv(name);
  return text == NULL ? absent : atoi(text);
}

static int is(const char *variable, const char *call) {
  const char *named = getenv(variable);
  return named != NULL && strcmp(named, call) == 0;
}

/* What a call is to return, after it has hung or crashed where it is to. */
static int outcome(const char *call, int index) {
  char name[128];
  if (is("FAKE_HANG", call))
    for (;;) pause();
  if (is("FAKE_CRASH", call)) raise(SIGSEGV);
  snprintf(name, sizeof name, "FAKE_%s_%d", call, index);
  if (getenv(name) != NULL) return number(name, 0);
  snprintf(name, sizeof name, "FAKE_%s", call);
  return number(name, 0);
}

#define OUTCOME(index)                          \
  do {                                          \
    int code = outcome(__func__, index);        \
    if (code != 0) return code;                 \
  } while (0)

int nvmlInit_v2(void) {
  int stray = number("FAKE_STRAY", 0);
  if (stray > 0) {
    if (fork() == 0) {
      sleep(stray);
      _exit(0);
    }
    for (;;) pause();
  }
  OUTCOME(-1);
  return 0;
}

const char *nvmlErrorString(int code) {
  static char text[64];
  snprintf(text, sizeof text, "text of code %d", code);
  return text;
}

int nvmlSystemGetDriverVersion(char *version, unsigned length) {
  OUTCOME(-1);
  const char *fake = getenv("FAKE_DRIVER");
  snprintf(version, length, "%s", fake == NULL ? "580.95.05" : fake);
  return 0;
}

#ifndef OLD_DRIVER
int nvmlSystemGetCudaDriverVersion_v2(int *version) {
  OUTCOME(-1);
  *version = 13010;
  return 0;
}

int nvmlDeviceGetMigMode(device *gpu, unsigned *current, unsigned *pending) {
  OUTCOME(gpu->index);
  if (gpu->index != 0) return 3;
  *current = *pending = getenv("FAKE_MIG") != NULL;
  return 0;
}

int nvmlDeviceGetComputeRunningProcesses_v3(device *gpu, unsigned *count, process_info *found) {
  OUTCOME(gpu->index);
  unsigned all = number("FAKE_PROCESSES", 2), room = *count;
  *count = all;
  if (room < all) return 7;
  for (unsigned i = 0; i < all; i++) {
    /* The last one is another user's: its memory is not told. */
    found[i] = (process_info){4000 + i, i + 1 == all ? ~0ULL : (i + 1) * 512 * MIB, 0, 0};
  }
  return 0;
}
#endif

int nvmlDeviceGetCount_v2(unsigned *count) {
  OUTCOME(-1);
  *count = number("FAKE_GPUS", 2);
  return 0;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, device **gpu) {
  OUTCOME((int)index);
  gpus[index] = (device){(int)index, 0};
  *gpu = &gpus[index];
  return 0;
}

int nvmlDeviceGetName(device *gpu, char *name, unsigned length) {
  OUTCOME(gpu->index);
  snprintf(name, length, "NVIDIA Fake %d", gpu->index);
  return 0;
}

int nvmlDeviceGetUUID(device *gpu, char *uuid, unsigned length) {
  OUTCOME(gpu->index);
  snprintf(uuid, length, "%s-00000000-0000-0000-0000-00000000000%d", gpu->mig ? "MIG" : "GPU", gpu->index);
  return 0;
}

int nvmlDeviceGetMemoryInfo(device *gpu, memory_info *memory) {
  OUTCOME(gpu->index);
  unsigned long long total = gpu->mig ? 9856 * MIB : (24564 + 1000ULL * gpu->index) * MIB;
  *memory = (memory_info){total, total - 2048 * MIB, 2048 * MIB};
  return 0;
}

int nvmlDeviceGetCudaComputeCapability(device *gpu, int *major, int *minor) {
  OUTCOME(gpu->index);
  *major = 8;
  *minor = 9;
  return 0;
}

int nvmlDeviceGetUtilizationRates(device *gpu, utilization *rates) {
  OUTCOME(gpu->index);
  *rates = (utilization){37 + gpu->index, 12};
  return 0;
}

int nvmlDeviceGetMaxMigDeviceCount(device *gpu, unsigned *count) {
  OUTCOME(gpu->index);
  *count = 7;
  return 0;
}

/* Every other slot is empty. */
int nvmlDeviceGetMigDeviceHandleByIndex(device *gpu, unsigned slot, device **instance) {
  OUTCOME(gpu->index);
  if (slot % 2 == 1 || (int)slot / 2 >= number("FAKE_MIG", 0)) return 6;
  instances[slot] = (device){(int)slot, 1};
  *instance = &instances[slot];
  return 0;
}
