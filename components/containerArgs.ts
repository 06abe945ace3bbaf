import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { ContainerSpec } from "../plan/containerSpec";
import { isSecretVariable } from "../plan/secretNames";
import { type SecretValues, secretValue } from "../plan/secrets";

/**
 * Translates a spec field by field; names of networks and volumes come from their resources, for the order.
 * Values of secrets are secret in the state, as are those of a Compose file whose names say that they are.
 */
export function toContainerArgs(
  spec: ContainerSpec,
  networks: ReadonlyMap<string, docker.Network>,
  volumeNames: ReadonlyMap<string, pulumi.Output<string>>,
  secrets: SecretValues,
): Omit<docker.ContainerArgs, "image"> {
  return {
    name: spec.name,
    envs: [
      ...spec.envs.map((line) => (isSecretVariable(line) ? pulumi.secret(line) : line)),
      ...(spec.secretEnvs ?? []).map(({ variable, secret }) =>
        pulumi.secret(`${variable}=${secretValue(secrets, secret)}`),
      ),
    ],
    ports: spec.ports.map((port) => ({ ...port })),
    mounts: spec.mounts.map((mount) => ({
      ...mount,
      source: volumeNames.get(mount.source) ?? mount.source,
    })),
    networksAdvanced: spec.networks.map(({ name, aliases }) => ({
      name: networks.get(name)?.name ?? name,
      aliases: [...aliases],
    })),
    restart: spec.restart,
    mustRun: true,
    destroyGraceSeconds: spec.destroyGraceSeconds,
    stopTimeout: spec.destroyGraceSeconds,
    logDriver: spec.logDriver,
    logOpts: { ...spec.logOpts },
    readOnly: spec.readOnly,
    init: spec.init,
    tmpfs: { ...spec.tmpfs },
    securityOpts: [...spec.securityOpts],
    ...(spec.capabilities === undefined
      ? {}
      : {
          capabilities: { adds: [...spec.capabilities.adds], drops: [...spec.capabilities.drops] },
        }),
    ...(spec.command === undefined ? {} : { command: [...spec.command] }),
    ...(spec.entrypoints === undefined ? {} : { entrypoints: [...spec.entrypoints] }),
    ...(spec.user === undefined ? {} : { user: spec.user }),
    ...(spec.memory === undefined ? {} : { memory: spec.memory }),
    ...(spec.memorySwap === undefined ? {} : { memorySwap: spec.memorySwap }),
    ...(spec.cpus === undefined ? {} : { cpus: spec.cpus }),
    ...(spec.shmSize === undefined ? {} : { shmSize: spec.shmSize }),
    ...(spec.healthcheck === undefined
      ? {}
      : { healthcheck: { ...spec.healthcheck, tests: [...spec.healthcheck.tests] } }),
    ...toGpuArgs(spec),
  };
}

/**
 * What makes the GPUs reachable. The provider reads a device's path within the container back only where it
 * was given, and its rights as `rwm`; so no more than the path on the host is said.
 */
function toGpuArgs(
  spec: ContainerSpec,
): Pick<docker.ContainerArgs, "deviceRequests" | "runtime" | "devices" | "groupAdds"> {
  return {
    ...(spec.deviceRequests === undefined
      ? {}
      : {
          deviceRequests: spec.deviceRequests.map(({ driver, deviceIds }) => ({
            driver,
            deviceIds: [...deviceIds],
          })),
        }),
    ...(spec.runtime === undefined ? {} : { runtime: spec.runtime }),
    ...(spec.devices === undefined
      ? {}
      : { devices: spec.devices.map((hostPath) => ({ hostPath })) }),
    ...(spec.groupAdds === undefined ? {} : { groupAdds: [...spec.groupAdds] }),
  };
}
