import { listStackFiles } from "../../host/checkout";
import { StackError } from "../../plan/errors";
import { judgeStatus } from "../../plan/statusReport";
import { planFromCheckout, settingsFromCheckout } from "../observe";
import { findSelected, listStacks } from "../stackSelection";
import { collectStatus } from "../status/collect";
import { type LastUpdate, readLastUpdate } from "./history";

/** A stack, which is a host: a contract with scripts, described in docs/cli.md. */
export interface ListedStack {
  readonly name: string;
  readonly selected: boolean;
  /** false: there is only its file */
  readonly created: boolean;
  /** null: this machine */
  readonly host: string | null;
  readonly profile: string | null;
  readonly services: readonly string[];
  readonly lastUpdate: LastUpdate | null;
  /**
   * null where the stack was not created; `not up` where it was destroyed or never brought up; `unknown` where it could
   * not be looked at
   */
  readonly health: "fine" | "failing" | "pending" | "not up" | "unknown" | null;
  /** why something of it is unknown */
  readonly problem: string | null;
}

/** All stacks that were created or have a file, sorted by name, each looked at on its host. */
export async function describeStacks(root: string): Promise<ListedStack[]> {
  const created = listStacks(root);
  const selected = findSelected(root);
  const names = [...new Set([...created, ...listStackFiles(root)])].sort();
  return Promise.all(
    names.map((name) => describeStack(root, name, created.includes(name), name === selected)),
  );
}

async function describeStack(
  root: string,
  name: string,
  created: boolean,
  selected: boolean,
): Promise<ListedStack> {
  const known = { name, selected, created, lastUpdate: readLastUpdate(root, name) ?? null };
  try {
    const plan = planFromCheckout(root, name);
    const declared = {
      ...known,
      host: settingsFromCheckout(root, name).host?.address ?? null,
      profile: plan.profile,
      services: plan.services.map((service) => service.name),
    };
    if (!created) return { ...declared, health: null, problem: null };
    return { ...declared, ...(await lookAt(root, name, known.lastUpdate)) };
  } catch (error) {
    if (!(error instanceof StackError)) throw error;
    const unknown = { host: null, profile: null, services: [], health: null };
    return { ...known, ...unknown, problem: error.message };
  }
}

/** One host that cannot be looked at, for whatever reason, must not keep the others from being listed. */
async function lookAt(
  root: string,
  name: string,
  lastUpdate: LastUpdate | null,
): Promise<Pick<ListedStack, "health" | "problem">> {
  try {
    const { report } = await collectStatus(root, name);
    const isUp = lastUpdate !== null && lastUpdate.kind !== "destroy";
    const isEmpty = report.services.every(({ health }) => health === "missing");
    return { health: isEmpty && !isUp ? "not up" : judgeStatus(report), problem: null };
  } catch (error) {
    return { health: "unknown", problem: (error as Error).message };
  }
}
