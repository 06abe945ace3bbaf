import type { Machine } from "./machine";

/** What a process in the agent's place tries; it tells what it could do, or could not and should. */
const ATTEMPTS = `
for path in /etc/x /usr/x /usr/local/lib/aistack/x /etc/aistack/x /root/x /home/x /run/x /boot/x /x; do
  (echo x >$path) 2>/dev/null && echo "wrote $path"
done
for path in /tmp/x /var/lib/aistack/x /var/log/aistack/x $RUNTIME_DIRECTORY/x; do
  (echo x >$path && rm $path) 2>/dev/null || echo "could not write $path"
done
cat /etc/shadow >/dev/null 2>&1 && echo "read /etc/shadow"
head -c 1 /dev/mem >/dev/null 2>&1 && echo "read /dev/mem"
curl --silent --unix-socket /run/docker.sock http://engine/version >/dev/null && echo "asked Docker"
unshare --user true 2>/dev/null && echo "made a namespace"
kill -0 1 2>/dev/null && echo "reached process 1"
for process in /proc/[0-9]*; do
  user=$(stat -c %U $process 2>/dev/null) && [ "$user" != aistack ] && echo "saw $process of $user"
done
ls /tmp
echo done
`;

const SCRIPT = "/usr/local/bin/attempts.sh";

/**
 * Starts the attempts under an installed unit's sandbox, to the letter.
 * @returns the lines that they have printed
 */
export async function escapeAttempts(machine: Machine, unit: string): Promise<string[]> {
  const name = `attempts-of-${unit}`;
  const installed = await machine.shell(`cat /etc/systemd/system/${unit}`);
  const lines = installed
    .replace(/^ExecStart=.*$/m, `ExecStart=/bin/sh ${SCRIPT}`)
    .replace("Type=notify", "Type=oneshot")
    .split("\n")
    .filter((line) => !/^(?:WatchdogSec|Restart|ExecReload|LogLevelMax)=/.test(line));
  await machine.shell(`
touch /tmp/of-another-service
cat >${SCRIPT} <<'END'
${ATTEMPTS}
END
cat >/run/systemd/system/${name} <<'END'
${lines.join("\n")}
END
systemctl daemon-reload
systemctl start ${name}
journalctl --sync`);
  const said = await machine.shell(
    `journalctl --quiet --output=cat --unit=${name} SYSLOG_IDENTIFIER=sh`,
  );
  await machine.shell(
    `rm ${SCRIPT} /run/systemd/system/${name} /tmp/of-another-service; systemctl daemon-reload`,
  );
  return said.split("\n");
}
