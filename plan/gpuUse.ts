import { formatBytes } from "./quantities";
import { isRecord } from "./yamlDocument";

/** Where a loaded model's memory is. */
export interface GpuUse {
  readonly model: string;
  readonly bytes: number;
  /** of them in the memory of GPUs */
  readonly vramBytes: number;
}

/**
 * Reads `GET /api/ps` of Ollama. Source: docs/api.md, "List Running Models".
 * @returns undefined where the model is not loaded
 */
export function readGpuUse(answer: unknown, model: string): GpuUse | undefined {
  const loaded = isRecord(answer) && Array.isArray(answer.models) ? answer.models : [];
  const found = loaded.filter(isRecord).find(({ name }) => name === model);
  if (found === undefined) return undefined;
  return { model, bytes: Number(found.size ?? 0), vramBytes: Number(found.size_vram ?? 0) };
}

/** Whether the model's memory is with the GPU, for people; a model that does not fit computes in part on the CPU. */
export function describeGpuUse({ model, bytes, vramBytes }: GpuUse): string {
  if (vramBytes === 0) return `${model} computes on the CPU alone`;
  if (vramBytes >= bytes) return `${model} computes on the GPU (${formatBytes(vramBytes)})`;
  const share = Math.floor((vramBytes / bytes) * 100);
  return `${model} computes on the GPU for ${share} % of ${formatBytes(bytes)} and on the CPU for the rest, since it does not fit`;
}
