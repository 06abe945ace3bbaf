import type { Problem } from "./errors";
import type { GpuFacts } from "./gpuFacts";

/** Whose GPU a host is expected to have; `any`: whichever. */
export type ExpectedVendor = "nvidia" | "amd" | "intel" | "any";

/** What keeps containers of a host from the GPU that it is expected to have; empty where nothing does. */
export function missingGpu(vendor: ExpectedVendor, facts: GpuFacts): Problem[] {
  switch (vendor) {
    case "nvidia":
      return missingNvidia(facts);
    case "amd":
    case "intel":
      return missingRenderNode(vendor, facts);
    case "any": {
      const vendors = ["nvidia", "amd", "intel"] as const;
      if (vendors.some((one) => missingGpu(one, facts).length === 0)) return [];
      // NVIDIA's that is there and does not work says more than that there is none of the others'.
      const errors = errorsOf(facts);
      return errors.length > 0 ? errors : [absent("GPU that containers could use")];
    }
  }
}

function missingNvidia(facts: GpuFacts): Problem[] {
  const errors = errorsOf(facts);
  if (errors.length > 0 || facts.report.gpus.length > 0) return errors;
  return [absent("GPU of NVIDIA's")];
}

function errorsOf({ problems }: GpuFacts): Problem[] {
  return problems.filter(({ severity }) => severity === "error");
}

function missingRenderNode(vendor: "amd" | "intel", facts: GpuFacts): Problem[] {
  const name = vendor === "amd" ? "AMD's" : "Intel's";
  if (!facts.renderNodes.some((node) => node.vendor === vendor)) return [absent(`GPU of ${name}`)];
  if (vendor === "intel" || facts.kfd !== undefined) return [];
  const what = "an AMD GPU is there, but not /dev/kfd, by which it computes";
  return [
    { what, where: "GPU", fix: "Load its driver: sudo modprobe amdgpu; sudo dmesg | grep -i kfd" },
  ];
}

function absent(what: string): Problem {
  const fix = "See what is there with: lspci | grep -iE 'vga|3d|display', or set aistack:gpu: none";
  return { what: `there is no ${what} on this host`, where: "GPU", fix };
}
