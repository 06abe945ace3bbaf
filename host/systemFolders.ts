/*
 * Where the kernel and systemd tell of the host. Tests put others in their place, by the variables that
 * assets/gpu/probe.sh knows as well.
 */

export function procFolder(): string {
  return process.env.AISTACK_PROC ?? "/proc";
}

export function runFolder(): string {
  return process.env.AISTACK_RUN ?? "/run";
}
