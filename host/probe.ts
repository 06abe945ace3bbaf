import type { StackPlan } from "../plan/plan";
import { MODEL_SERVICE } from "../plan/wiring";

/** The probe as a command: run by the program through Pulumi, by the CLI directly. */
export const PROBE_COMMAND = "sh assets/shell/probe.sh";

/** The engine of this machine, as the docker command finds it. */
export function dockerHost(environment: NodeJS.ProcessEnv = process.env): string {
  return environment.DOCKER_HOST ?? "unix:///var/run/docker.sock";
}

/** What the probe is to look at. */
export function probeEnvironment(plan: StackPlan, engine: string): Record<string, string> {
  const images = plan.services.flatMap(({ image }) => [image.registryName, image.builtName ?? ""]);
  const models = plan.services.find((service) => service.name === MODEL_SERVICE);
  return {
    DOCKER_SOCKET: engine.replace(/^unix:\/\//, ""),
    IMAGES: images.join("\n"),
    CONTAINERS: plan.services.map(({ container }) => container.name).join("\n"),
    NETWORKS: plan.networks.map(({ name }) => name).join("\n"),
    OLLAMA_URL: models?.endpoint ?? "",
  };
}
