import type { NvmlFault } from "./gpuFacts";

/**
 * NVML's return codes by number: the name in nvml.h without NVML_ERROR_, and what nvmlErrorString says.
 * Source: NVIDIA/go-nvml, pkg/nvml/nvml.h, API version 13.
 */
export const NVML_CODES: Readonly<
  Record<number, { readonly name: string; readonly text: string }>
> = {
  0: { name: "SUCCESS", text: "Success" },
  1: { name: "UNINITIALIZED", text: "Uninitialized" },
  2: { name: "INVALID_ARGUMENT", text: "Invalid Argument" },
  3: { name: "NOT_SUPPORTED", text: "Not Supported" },
  4: { name: "NO_PERMISSION", text: "Insufficient Permissions" },
  5: { name: "ALREADY_INITIALIZED", text: "Already Initialized" },
  6: { name: "NOT_FOUND", text: "Not Found" },
  7: { name: "INSUFFICIENT_SIZE", text: "Insufficient Size" },
  8: { name: "INSUFFICIENT_POWER", text: "Insufficient External Power" },
  9: { name: "DRIVER_NOT_LOADED", text: "Driver Not Loaded" },
  10: { name: "TIMEOUT", text: "Timeout" },
  11: { name: "IRQ_ISSUE", text: "Interrupt Request Issue" },
  12: { name: "LIBRARY_NOT_FOUND", text: "NVML Shared Library Not Found" },
  13: { name: "FUNCTION_NOT_FOUND", text: "Function Not Found" },
  14: { name: "CORRUPTED_INFOROM", text: "Corrupted infoROM" },
  15: { name: "GPU_IS_LOST", text: "GPU is lost" },
  16: { name: "RESET_REQUIRED", text: "GPU requires reset" },
  17: { name: "OPERATING_SYSTEM", text: "GPU access blocked by the operating system" },
  18: { name: "LIB_RM_VERSION_MISMATCH", text: "Driver/library version mismatch" },
  19: { name: "IN_USE", text: "In use by another client" },
  20: { name: "MEMORY", text: "Insufficient Memory" },
  21: { name: "NO_DATA", text: "No data" },
  22: { name: "VGPU_ECC_NOT_SUPPORTED", text: "vGPU creation is not supported with ECC enabled" },
  23: { name: "INSUFFICIENT_RESOURCES", text: "Insufficient Resources" },
  24: { name: "FREQ_NOT_SUPPORTED", text: "Frequency Not Supported" },
  25: { name: "ARGUMENT_VERSION_MISMATCH", text: "Argument version mismatch" },
  26: { name: "DEPRECATED", text: "Deprecated" },
  27: { name: "NOT_READY", text: "Not Ready" },
  28: { name: "GPU_NOT_FOUND", text: "GPU Not Found" },
  29: { name: "INVALID_STATE", text: "Invalid State" },
  30: { name: "RESET_TYPE_NOT_SUPPORTED", text: "Reset Type Not Supported" },
  999: { name: "UNKNOWN", text: "Unknown Error" },
};

/** The fault that a return code stands for. @param text what NVML itself says of it */
export function nvmlFault(code: number, text?: string): NvmlFault {
  const known = NVML_CODES[code];
  return {
    code,
    name: known?.name ?? "UNRECOGNIZED",
    message: text || (known?.text ?? "a code that nvml.h does not name"),
  };
}

/** The code whose text begins a sentence, as nvidia-smi ends its own; undefined where it is none of NVML's. */
export function codeOfText(sentence: string): number | undefined {
  const said = sentence.toLowerCase();
  const found = Object.entries(NVML_CODES).find(
    ([code, { text }]) => code !== "0" && said.startsWith(text.toLowerCase()),
  );
  return found === undefined ? undefined : Number(found[0]);
}

/** `9 DRIVER_NOT_LOADED: Driver Not Loaded`, as the report tells a fault. */
export function formatFault({ code, name, message }: NvmlFault): string {
  return `${code === null ? "" : `${code} `}${name}: ${message}`;
}
