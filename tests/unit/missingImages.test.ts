import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { findMissingImages } from "../../cli/images/missingImages";
import { freePort } from "../support/freePort";
import { planMinimal, planStandard } from "../support/plan/stack";

const HOST = {
  address: "gpu1.lan",
  hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMYZHHjDJZKlkX2zDo0gzRdHXzgDPGqBzO0cVXyOJYyd",
};
const NOTHING = { images: new Map<string, string>() };

/** A checkout, and a folder of commands in front of the PATH. */
let root: string;
/** A registry that does not answer. */
let silent: string;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "missing-images-"));
  silent = `127.0.0.1:${await freePort()}`;
  vi.stubEnv("PATH", `${root}${delimiter}${process.env.PATH}`);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true });
});

/** ssh to a host whose curl ends so; what it was asked is left in a file. */
const hostAnswers = (exitCode: number) =>
  writeFileSync(join(root, "ssh"), `#!/bin/sh\nexit ${exitCode}\n`, { mode: 0o755 });

test("what is there is not missing", async () => {
  const plan = planMinimal();
  const name = plan.services[0]?.image.registryName ?? "";
  const facts = { images: new Map([[name, "sha256:1"]]) };
  expect(await findMissingImages(root, "lab", plan, facts)).toEqual({ count: 0, toBuild: [] });
});

test("no registry, no recipe: every such image is told, with what does without it", async () => {
  const images = { overrides: { localai: `${silent}/localai:1` } };
  const services = ["localai"];
  await expect(
    findMissingImages(root, "lab", planStandard({ images, services }), NOTHING),
  ).rejects.toThrow(
    `aistack:images: localai: image ${silent}/localai:1 is not on this host, its registry does not answer, and no recipe builds it. Load it with: ./aistack images load FILE`,
  );
});

test("on another machine, its own network is asked, and what it can pull is left to the update", async () => {
  hostAnswers(0);
  const { count, toBuild } = await findMissingImages(
    root,
    "lab",
    planMinimal({ host: HOST }),
    NOTHING,
  );
  expect([count, toBuild]).toEqual([1, []]);
});

test("nothing is built here for another machine", async () => {
  hostAnswers(7);
  const plan = planMinimal({ host: HOST });
  const { image } = plan.services[0] ?? {};
  await expect(findMissingImages(root, "lab", plan, NOTHING)).rejects.toThrow(
    `aistack:images: ollama: image ${image?.registryName} is not on gpu1.lan, and no registry answers there. On a machine of that host's architecture: ./aistack images build ollama, then: docker save ${image?.builtName} | ssh root@gpu1.lan docker load`,
  );
});
