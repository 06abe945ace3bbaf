/** Somebody who is signed in. */
export interface LoginSession {
  readonly user: string;
  /** `tty`, `x11`, `wayland`, `unspecified` */
  readonly type: string;
  /** the other host's address; null at the machine itself */
  readonly from: string | null;
}

/**
 * Reads one file of /run/systemd/sessions, where logind notes who is signed in (sd-login reads it too).
 * @returns undefined where it is no user's session, as of a job or a sign-in screen, or is at its end
 */
export function parseLoginSession(text: string): LoginSession | undefined {
  const fields = new Map(
    text.split("\n").flatMap((line) => {
      const [, key, value] = /^([A-Z_]+)=(.*)$/.exec(line) ?? [];
      return key === undefined || value === undefined ? [] : [[key, value] as const];
    }),
  );
  const [user, state] = [fields.get("USER"), fields.get("STATE")];
  if (user === undefined || state === "closing") return undefined;
  if (!/^user(?:-early|-light|-incomplete)?$/.test(fields.get("CLASS") ?? "")) return undefined;
  return {
    user,
    type: fields.get("TYPE") ?? "unspecified",
    from: fields.get("REMOTE_HOST") ?? null,
  };
}
