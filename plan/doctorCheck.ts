/** One line of what `aistack doctor` tells. */
export interface Check {
  readonly name: string;
  readonly state: "ok" | "warning" | "failed";
  readonly detail: string;
  /** null where nothing is to be mended */
  readonly fix: string | null;
}

export function ok(name: string, detail: string): Check {
  return { name, state: "ok", detail, fix: null };
}

export function failed(name: string, detail: string, fix: string): Check {
  return { name, state: "failed", detail, fix };
}

export function warning(name: string, detail: string, fix: string | null): Check {
  return { name, state: "warning", detail, fix };
}
