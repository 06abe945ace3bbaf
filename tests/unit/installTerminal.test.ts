// scripts/host/command.sh on a terminal, which util-linux's script makes: see tests/support/host/bareHost.ts.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { quoteForShell } from "../../plan/hostScript";
import { BareHost } from "../support/host/bareHost";

let host: BareHost;
beforeEach(() => {
  host = new BareHost().withPackages();
});
afterEach(() => host.remove());

/** Runs a command on a terminal, with the user's shell as given; undefined: SHELL is unset. */
const onTerminal = (shell: string | undefined, ...words: string[]) => {
  const own = shell === undefined ? ["-u", "SHELL"] : [`SHELL=${shell}`];
  const command = ["env", ...own, ...words].map(quoteForShell).join(" ");
  return host.run("script", ["--quiet", "--return", "--command", command, "/dev/null"], {
    AISTACK_ROOT: host.root,
    SHELL: "/bin/sh",
  });
};
const told = () => {
  const file = join(host.folder, "told");
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
};

describe("a command is run on a terminal whatever the user's shell is", () => {
  test("one that lets nobody in: aistack starts, and sees that shell", async () => {
    host.command("nologin", "echo 'This account is currently not available.'; exit 1", false);
    const nologin = join(host.folder, "bin/nologin");
    writeFileSync(
      join(host.checkout, "aistack"),
      `#!/bin/sh\n[ -t 1 ] && echo "$SHELL: $*" >"${host.folder}/told"; exit 4\n`,
    );
    const install = join(host.checkout, "install.sh");
    const { code, output } = await onTerminal(nologin, install, "--stack", "lab", "--yes");
    expect(told(), output).toBe(`${nologin}: install --stack lab --yes\n`);
    expect(code).toBe(4);
  });

  test.each(["/bin/dash", "/a shell/of'theirs", "", undefined])(
    "%j: it gets its words as they are, and that shell",
    async (shell) => {
      const words = ["a b", "c\td\ne", "ü'\"$(touch x)\\", ""];
      host.command(
        "teller",
        `printf '<%s>' "\${SHELL-unset}" "$@" >"${host.folder}/told"; exit 5`,
        false,
      );
      const script = `root=$1; shift; . "$root/scripts/host/parts.sh"; run_and_log teller "$@"`;
      const { code, output } = await onTerminal(
        shell,
        "bash",
        "-c",
        script,
        "bash",
        host.checkout,
        ...words,
      );
      expect(told(), output).toBe([shell ?? "unset", ...words].map((word) => `<${word}>`).join(""));
      expect(code).toBe(5);
    },
  );
});
