import { expect, test } from "vitest";
import { addressForPeople, describeForwarding } from "../../plan/peopleAddress";
import { planMinimal, planStandard } from "../support/plan/stack";

const host = {
  address: "gpu1.lan",
  user: "ada",
  port: 2222,
  hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMYZHHjDJZKlkX2zDo0gzRdHXzgDPGqBzO0cVXyOJYyd",
};

test.each<[string, Record<string, unknown>, string]>([
  ["this machine's", {}, "http://127.0.0.1:11434"],
  ["this machine's, published", { bindAddress: "0.0.0.0" }, "http://127.0.0.1:11434"],
  ["another's own", { host }, "http://127.0.0.1:11434 on gpu1.lan"],
  ["another's, published", { host, bindAddress: "0.0.0.0" }, "http://gpu1.lan:11434"],
  ["another's, on one address", { host, bindAddress: "10.0.0.7" }, "http://10.0.0.7:11434"],
  [
    "another's, on port 80",
    { host, bindAddress: "0.0.0.0", ports: { ollama: 80 } },
    "http://gpu1.lan:80",
  ],
])("%s", (_whose, config, address) => {
  const plan = planMinimal(config);
  expect(plan.services.map((service) => addressForPeople(service, plan.host))).toEqual([address]);
});

test("how another machine's own services are reached from here", () => {
  const forwarding = (config: Record<string, unknown>) => {
    const plan = planStandard(config);
    return describeForwarding(plan.services, plan.host);
  };
  expect(forwarding({})).toEqual([]);
  expect(forwarding({ host, bindAddress: "0.0.0.0" })).toEqual([]);
  expect(forwarding({ host })).toEqual([
    "ssh -N -p 2222 -L 11434:127.0.0.1:11434 -L 3000:127.0.0.1:3000 -L 8080:127.0.0.1:8080 ada@gpu1.lan",
  ]);
});

test("Open WebUI's links lead to the address that others reach it by", () => {
  const url = (config: Record<string, unknown>) =>
    planStandard(config)
      .services.find(({ name }) => name === "openwebui")
      ?.container.envs.find((env) => env.startsWith("WEBUI_URL="));
  expect(url({ host })).toBe("WEBUI_URL=http://127.0.0.1:3000");
  expect(url({ host, bindAddress: "0.0.0.0" })).toBe("WEBUI_URL=http://gpu1.lan:3000");
});
