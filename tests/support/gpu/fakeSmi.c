/*
 * A stand-in for nvidia-smi in a throw-away container: lists a GPU, and fails where the container could do
 * more than it needs to: write a file, hold a capability, or reach a network.
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

int main(int count, char **arguments) {
  char line[256];
  struct dirent *entry;
  if (count != 2 || strcmp(arguments[1], "-L") != 0) return 2;
  if (fopen("/written", "w") != NULL) return 11;
  FILE *status = fopen("/proc/self/status", "r");
  while (status != NULL && fgets(line, sizeof line, status) != NULL) {
    if (strncmp(line, "CapBnd:", 7) == 0 && strspn(line + 7, "\t0\n") != strlen(line + 7)) return 12;
    if (strncmp(line, "NoNewPrivs:", 11) == 0 && strchr(line, '1') == NULL) return 13;
  }
  DIR *interfaces = opendir("/sys/class/net");
  while (interfaces != NULL && (entry = readdir(interfaces)) != NULL)
    if (strncmp(entry->d_name, "eth", 3) == 0) return 14;
  puts("GPU 0: NVIDIA Fake (UUID: GPU-00000000-0000-0000-0000-000000000000)");
  return 0;
}
