/**
 * The command was started so that it outlives its terminal: by nohup, or where HUP was ignored otherwise. The wrapper
 * `aistack` tells, since Node itself cannot: it gives every signal its default effect when it starts (node.cc,
 * ResetSignalHandlers), and again in each process that it starts (libuv, uv__process_child_init).
 */
export const HANGUP_IGNORED = process.env.AISTACK_IGNORE_HUP === "1";

/**
 * How to start a process that a lost connection must not end: a shell sends HUP to the process groups of its jobs, and the
 * process, with all that it starts, gets a session of its own.
 */
export const OUTLIVES_TERMINAL = HANGUP_IGNORED ? { detached: true } : {};
