/** Where things are on a host. Every path begins with the root, which is empty but in tests. */
export interface HostPaths {
  readonly root: string;
  /** configuration, root's alone to write */
  readonly configuration: string;
  /** the agent's configuration */
  readonly config: string;
  /** name of the stack whose agent it is */
  readonly claim: string;
  /** SHA-256 of what was last written, by the name of the file; tells an edit by hand from a new configuration */
  readonly records: string;
  /** where files of the user's that stood in the way are kept */
  readonly setAside: string;
  readonly state: string;
  readonly logs: string;
  readonly metrics: string;
  readonly runtime: string;
  readonly executableFolder: string;
  readonly executable: string;
  readonly units: string;
  readonly logrotate: string;
}

/** @param root prefix of every path; empty: none */
export function hostPaths(root: string): HostPaths {
  return {
    root,
    configuration: `${root}/etc/aistack`,
    config: `${root}/etc/aistack/agent.json`,
    claim: `${root}/etc/aistack/stack`,
    records: `${root}/etc/aistack/installed`,
    setAside: `${root}/etc/aistack/set-aside`,
    state: `${root}/var/lib/aistack`,
    logs: `${root}/var/log/aistack`,
    metrics: `${root}/var/log/aistack/metrics`,
    runtime: `${root}/run`,
    executableFolder: `${root}/usr/local/lib/aistack`,
    executable: `${root}/usr/local/lib/aistack/aistack-agent`,
    units: `${root}/etc/systemd/system`,
    logrotate: `${root}/etc/logrotate.d/aistack`,
  };
}
