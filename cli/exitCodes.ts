/** Exit codes of the aistack command, a contract with scripts that call it. */
export const EXIT = {
  done: 0,
  /** the operation failed */
  failed: 1,
  /** wrong usage, or a configuration that this host cannot take; nothing was touched */
  wrongInput: 2,
  /** the host is not ready */
  hostNotReady: 3,
  /** changes or drift are pending */
  changesPending: 4,
} as const;
