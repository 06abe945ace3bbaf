import { render } from "ink";
import { connectDocker } from "../docker/connect";
import { settingsFromCheckout } from "../observe";
import { openStack } from "../openStack";
import { App } from "./app";
import { UiCommands } from "./commands";
import type { FeedContext } from "./feeds/context";
import { startFeeds } from "./feeds/start";
import { initialState } from "./state";
import { UiStore } from "./store";

const UNCAUGHT = ["uncaughtException", "unhandledRejection"] as const;

/** A second; more would only load a slow connection. */
const MOST_FRAMES = 10;

/**
 * Shows the terminal UI until the user leaves it, a signal ends it, or a bug does; Ink puts the terminal's
 * alternate screen, cursor and raw mode back in every case.
 * @throws what a feed or a command failed with, where that is a bug
 */
export async function runTerminalUi(root: string, stack: string): Promise<void> {
  const { plan, access } = openStack(root, stack);
  const docker = await connectDocker(access);
  const { gpu } = settingsFromCheckout(root, stack);
  const services = plan.services.map(({ name }) => name);
  const store = new UiStore(
    initialState(stack, plan.profile, services, gpu !== "none", new Date()),
  );
  const ending = new AbortController();
  let failure: unknown;
  const leave = (error?: unknown) => {
    failure ??= error;
    ending.abort();
    screen.unmount();
  };
  const { dispatch } = store;
  const context: FeedContext = {
    root,
    stack,
    plan,
    docker,
    dockerHost: access.dockerHost,
    ssh: access.ssh,
    gpu,
    dispatch,
    signal: ending.signal,
  };
  const commands = new UiCommands(context, leave);
  const screen = render(
    <App store={store} onCommand={(command) => void commands.run(command).catch(leave)} />,
    { alternateScreen: true, exitOnCtrlC: false, interactive: true, maxFps: MOST_FRAMES },
  );
  // Node would end the process at once, with the alternate screen left on.
  for (const event of UNCAUGHT) process.on(event, leave);
  startFeeds(context, leave);
  try {
    await screen.waitUntilExit();
  } finally {
    ending.abort();
    for (const event of UNCAUGHT) process.off(event, leave);
  }
  await commands.settled();
  if (failure !== undefined) throw failure;
}
