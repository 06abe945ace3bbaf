import { describe, expect, test } from "vitest";
import { planHostBaseline, resolveHostBaseline } from "../../plan/hostBaseline";
import { parseHostFileFacts } from "../../plan/hostFileFacts";
import { hostLayerSettings } from "../../plan/hostLayer";
import { userLine } from "../support/plan/hostLayer";
import { settings } from "../support/plan/settings";

const HOST = { address: "box.lan", hostKey: `ssh-ed25519 ${"A".repeat(68)}` };
const NOW = new Date("2026-11-25T12:00:00.000Z");

const RIGHT = [
  userLine(),
  "group\taistack:x:990:",
  "groups\taistack docker",
  "entry\t/etc/aistack\td\t750\troot\taistack\t",
  "entry\t/var/lib/aistack\td\t750\taistack\taistack\t",
  "entry\t/var/log/aistack\td\t750\taistack\taistack\t",
];

/** What is seen of a host that has these lines beside what every probe prints. */
const seen = (lines: readonly string[], hostRoot = "") => {
  const spec = planHostBaseline({ host: undefined, hostRoot });
  const facts = parseHostFileFacts(["access\troot", ...lines, ""].join("\n"));
  const { observed, drift } = resolveHostBaseline(spec, facts, NOW);
  return { text: observed.text, drift };
};

describe("account and folders of a host that has no more of ours than containers", () => {
  test("are looked at over SSH; here, install.sh makes them", () => {
    expect("hostLayer" in hostLayerSettings(settings({}))).toBe(false);
    expect("hostLayer" in hostLayerSettings(settings({ host: HOST }))).toBe(true);
  });

  test("are in sync as the script makes them, and its groups are the host's own choice", () => {
    expect(seen(RIGHT)).toEqual({ text: "in sync", drift: [] });
  });

  test("are no drift where the host is new", () => {
    const missing = Array(5).fill("is missing").join("; ");
    expect(seen([])).toEqual({ text: `${missing} at 2026-11-25T12:00:00.000Z`, drift: [] });
  });

  test("are drift where somebody changed them", () => {
    const lines = RIGHT.slice(0, 5).with(0, userLine({ shell: "/bin/sh" }));
    expect(seen(lines)).toEqual({
      text: "can log in (its shell is /bin/sh); is missing at 2026-11-25T12:00:00.000Z",
      drift: [
        "user aistack can log in (its shell is /bin/sh)",
        "directory /var/log/aistack is missing",
      ],
    });
  });

  test("are folders alone under another root", () => {
    const lines = ["/etc/aistack", "/var/lib/aistack", "/var/log/aistack"].map(
      (path) => `entry\t/tmp/x${path}\td\t750\tme\tme\t`,
    );
    expect(seen(lines, "/tmp/x")).toEqual({ text: "in sync", drift: [] });
  });
});
