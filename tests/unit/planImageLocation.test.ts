import { expect, test } from "vitest";
import { isLoopback, locateImage } from "../../plan/imageLocation";

const DIGEST = `sha256:${"a".repeat(64)}`;

test.each([
  ["debian:12", "https://registry-1.docker.io/v2/", "library/debian", "12"],
  ["ollama/ollama:0.34.3", "https://registry-1.docker.io/v2/", "ollama/ollama", "0.34.3"],
  ["docker.io/ollama/ollama:1", "https://registry-1.docker.io/v2/", "ollama/ollama", "1"],
  ["index.docker.io/debian:1", "https://registry-1.docker.io/v2/", "library/debian", "1"],
  ["ghcr.io/a/b/c:v1", "https://ghcr.io/v2/", "a/b/c", "v1"],
  [`ghcr.io/a/b:v1@${DIGEST}`, "https://ghcr.io/v2/", "a/b", DIGEST],
  ["registry.lan:5000/a:1", "https://registry.lan:5000/v2/", "a", "1"],
  ["127.0.0.1:5000/a:1", "http://127.0.0.1:5000/v2/", "a", "1"],
  ["localhost/a:1", "http://localhost/v2/", "a", "1"],
  ["a/b", "https://registry-1.docker.io/v2/", "a/b", "latest"],
])("%s", (reference, url, repository, target) => {
  expect(locateImage(reference)).toEqual({ host: new URL(url).host, url, repository, target });
});

test.each([
  ["localhost", true],
  ["localhost:5000", true],
  ["127.0.0.1:5000", true],
  ["127.1.2.3", true],
  ["128.0.0.1", false],
  ["127.0.0.1.example.org", false],
  ["localhost.example.org:5000", false],
])("%s is on this machine: %s", (host, loopback) => {
  expect(isLoopback(host)).toBe(loopback);
});
