import {
  type ComparedPart,
  type Comparison,
  describeParts,
  observe,
  otherKind,
  permissionDifferences,
  SAME,
} from "./hostComparison";
import type { HostFileFacts } from "./hostFileFacts";
import type { AccountSpec, DirectorySpec, Owner } from "./hostLayer";
import { type HostPaths, hostPaths } from "./hostPaths";
import { ACCOUNT } from "./hostUnits";
import type { Observation } from "./observation";
import { foreign } from "./quote";
import type { HostConnection, Settings } from "./settings";

/** The account and the folders of a host, as plain data. */
export interface HostBaselineSpec {
  /** undefined: this machine */
  readonly host: HostConnection | undefined;
  readonly paths: HostPaths;
  readonly account: AccountSpec;
  readonly directories: readonly DirectorySpec[];
  /** those of them that go with the stack; the others and the account outlive it */
  readonly ownDirectories: readonly DirectorySpec[];
}

/** A baseline with what was seen of it. */
export interface ResolvedHostBaseline {
  readonly spec: HostBaselineSpec;
  readonly observed: Observation;
  /** what somebody else than an update changed, as lines for people */
  readonly drift: readonly string[];
}

/** What every host has, as install.sh makes it here: account and folders, by assets/shell/host-baseline.sh. */
export function planHostBaseline({
  host,
  hostRoot,
}: Pick<Settings, "host" | "hostRoot">): HostBaselineSpec {
  const paths = hostPaths(hostRoot);
  const owner = (user: string): Owner => (hostRoot === "" ? { user, group: ACCOUNT } : undefined);
  return {
    host,
    paths,
    account: { name: ACCOUNT, dockerGroup: undefined },
    directories: [
      { path: paths.configuration, mode: "0750", owner: owner("root") },
      { path: paths.state, mode: "0750", owner: owner(ACCOUNT) },
      { path: paths.logs, mode: "0750", owner: owner(ACCOUNT) },
    ],
    ownDirectories: [],
  };
}

/** Joins a baseline with what was seen of the host. */
export function resolveHostBaseline(
  spec: HostBaselineSpec,
  facts: HostFileFacts,
  now: Date,
): ResolvedHostBaseline {
  const parts = compareBaseline(spec, facts);
  // Where none of it is there, the host is new.
  const known = facts.user !== undefined || facts.entries.size > 0;
  return { spec, observed: observe(parts, now), drift: known ? describeParts(parts) : [] };
}

/** Account and folders, each with what differs. */
export function compareBaseline(spec: HostBaselineSpec, facts: HostFileFacts): ComparedPart[] {
  return [
    { object: `user ${spec.account.name}`, comparison: compareAccount(spec, facts) },
    { object: `group ${spec.account.name}`, comparison: compareGroup(spec, facts) },
    ...spec.directories.map((directory) => ({
      object: `directory ${directory.path}`,
      comparison: compareDirectory(directory, facts),
    })),
  ];
}

/** All that assets/shell/host-baseline.sh mends of it. */
function compareAccount({ account, paths }: HostBaselineSpec, facts: HostFileFacts): Comparison {
  if (paths.root !== "") return SAME;
  const { user, groupId } = facts;
  if (user === undefined) return { ...SAME, differences: ["is missing"] };
  const differences: string[] = [];
  if (groupId !== undefined && user.groupId !== groupId) {
    differences.push(`has another group than ${account.name}`);
  }
  if (!/\/(?:nologin|false)$/.test(user.shell)) {
    differences.push(`can log in (its shell is ${foreign(user.shell)})`);
  }
  const member = user.groups.includes("docker");
  if (account.dockerGroup !== undefined && member !== account.dockerGroup) {
    differences.push(member ? "is in the group docker" : "is not in the group docker");
  }
  return { ...SAME, differences };
}

function compareGroup({ paths }: HostBaselineSpec, facts: HostFileFacts): Comparison {
  return paths.root === "" && facts.groupId === undefined
    ? { ...SAME, differences: ["is missing"] }
    : SAME;
}

function compareDirectory(spec: DirectorySpec, facts: HostFileFacts): Comparison {
  const seen = facts.entries.get(spec.path);
  if (seen === undefined) return { ...SAME, differences: ["is missing"] };
  if (seen.type !== "directory") return { ...SAME, differences: [otherKind(seen, "directory")] };
  return { ...SAME, differences: permissionDifferences(spec, seen) };
}
