import type { ContainerSpec } from "./containerSpec";
import { lossOf } from "./gpuInside";
import type { HostFacts } from "./hostFacts";
import type { InspectedContainer } from "./inspectedContainer";

/** How a container reaches the GPUs otherwise than declared, or no longer does. */
export function gpuDifferences(
  spec: ContainerSpec,
  seen: InspectedContainer,
  facts: HostFacts,
): string[] {
  const differences: string[] = [];
  const same = (what: string, found: readonly string[], declared: readonly string[]) => {
    if (found.join("\n") !== declared.join("\n"))
      differences.push(`${what} are ${shown(found)}, not ${shown(declared)}`);
  };
  const requests = (spec.deviceRequests ?? []).map((request) => asked({ count: 0, ...request }));
  same("GPU requests", seen.deviceRequests.map(asked), requests);
  same("devices", seen.devices, [...(spec.devices ?? [])].sort());
  same("further groups", seen.groupAdds, [...(spec.groupAdds ?? [])].sort());
  // The engine's own runtime is the host's choice.
  if (spec.runtime !== undefined && seen.runtime !== spec.runtime)
    differences.push(`runtime is ${seen.runtime}, not ${spec.runtime}`);
  const inside = asksNvidia(spec) ? facts.gpuInside[spec.name] : undefined;
  const loss = inside && lossOf(inside);
  if (loss !== undefined) differences.push(`has lost its GPUs (${loss})`);
  return differences;
}

/** Whether a container is given any GPU. */
export function asksGpu(spec: ContainerSpec): boolean {
  return asksNvidia(spec) || spec.devices !== undefined;
}

/** Whether a container is given NVIDIA's, so that its nvidia-smi can be asked. */
export function asksNvidia(spec: ContainerSpec): boolean {
  return spec.deviceRequests !== undefined || spec.runtime === "nvidia";
}

function asked(request: InspectedContainer["deviceRequests"][number]): string {
  const { driver, count, deviceIds } = request;
  return `${driver || "any"}: ${deviceIds.length > 0 ? deviceIds.join(" ") : `count ${count}`}`;
}

function shown(values: readonly string[]): string {
  return values.length === 0 ? "none" : values.join(", ");
}
