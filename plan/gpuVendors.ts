/** Whose GPUs the host has; `none` runs everything on the CPU. */
export const GPU_VENDORS = ["none", "nvidia", "amd", "intel"] as const;
