import { describe, expect, test } from "vitest";
import { interpretKey, type KeyPress, type UiCommand } from "../../cli/ui/keys";
import { layOut } from "../../cli/ui/layout";
import { appendValue, plot } from "../../cli/ui/series";
import { initialState, reduce, type UiAction, type UiState } from "../../cli/ui/state";
import { UiStore } from "../../cli/ui/store";

const NOW = new Date("2026-11-22T12:00:00.000Z");
const START = initialState("lab", "standard-gpu", ["ollama", "openwebui", "localai"], true, NOW);
const applied = (...actions: UiAction[]): UiState => actions.reduce(reduce, START);
const text = (lines: string[] = []): UiAction => ({
  type: "viewOpened",
  view: { kind: "text", title: "logs", lines, back: 0 },
});

describe("services", () => {
  test("what was seen of some leaves the others as they were", () => {
    const { services } = applied({
      type: "servicesSeen",
      services: [{ name: "ollama", health: "healthy", since: "2026-11-22T11:00:00Z" }],
    });
    expect(services.map(({ health, since }) => [health, since])).toEqual([
      ["healthy", "2026-11-22T11:00:00Z"],
      [undefined, null],
      [undefined, null],
    ]);
  });

  test("use is remembered over time, of a stopped service as nothing", () => {
    const usage = { memoryBytes: 1, memoryLimitBytes: 2 };
    const { services } = applied(
      { type: "usageSeen", service: "ollama", usage: { ...usage, cpuPercent: undefined } },
      { type: "usageSeen", service: "ollama", usage: { ...usage, cpuPercent: 40 } },
      { type: "usageSeen", service: "ollama", usage: undefined },
    );
    expect(services[0]).toMatchObject({ usage: undefined, cpuHistory: [0, 40, 0] });
    expect(services[1]?.cpuHistory).toEqual([]);
  });

  test("the selection stays within them", () => {
    const move = (by: number): UiAction => ({ type: "selectionMoved", by });
    expect(applied(move(-1)).selected).toBe(0);
    expect(applied(move(1), move(1), move(1), move(1)).selected).toBe(2);
    expect(reduce({ ...START, services: [] }, move(1)).selected).toBe(0);
  });
});

test("GPUs keep their histories by their UUID, also where their order changes", () => {
  const gpu = (uuid: string, loadPercent: number | undefined, memoryUsedMiB: number) => ({
    uuid,
    name: "H100",
    loadPercent,
    memoryUsedMiB,
    memoryTotalMiB: 1000,
  });
  const state = applied(
    { type: "gpusSeen", gpus: [gpu("GPU-a", 10, 100), gpu("GPU-b", 20, 200)] },
    { type: "gpusSeen", gpus: [gpu("GPU-b", undefined, 300), gpu("GPU-a", 15, 500)] },
  );
  expect(state.gpu).toMatchObject({
    kind: "seen",
    gpus: [
      { uuid: "GPU-b", loadHistory: [20, 0], memoryHistory: [20, 30] },
      { uuid: "GPU-a", loadHistory: [10, 15], memoryHistory: [10, 50] },
    ],
  });
});

test("a GPU that cannot be seen any more is told, with the reason", () => {
  const state = applied({ type: "gpusUnknown", reason: "nvidia-smi does not answer" });
  expect(state.gpu).toEqual({ kind: "unknown", reason: "nvidia-smi does not answer" });
});

test("events stand in the order of their times, and the oldest give way", () => {
  const event = (second: number): UiAction => ({
    type: "eventSeen",
    event: { time: new Date(second * 1000), text: `event ${second}` },
  });
  expect(applied(event(3), event(1), event(2)).events.map(({ text }) => text)).toEqual([
    "event 1",
    "event 2",
    "event 3",
  ]);
  const many = applied(...Array.from({ length: 60 }, (_, second) => event(second)));
  expect([many.events.length, many.events[0]?.text]).toEqual([50, "event 10"]);
});

describe("a text that grows", () => {
  const line = (content: string, title = "logs"): UiAction => ({
    type: "lineCame",
    title,
    line: content,
  });

  test("takes the lines of its own title alone", () => {
    const { view } = applied(text(), line("a"), line("x", "gpu-check"), line("b"));
    expect(view).toMatchObject({ lines: ["a", "b"], back: 0 });
  });

  test("lines that come after it was left are gone", () => {
    const state = applied(text(), { type: "viewOpened", view: { kind: "overview" } }, line("a"));
    expect(state.view).toEqual({ kind: "overview" });
  });

  test("who has scrolled back keeps what he reads", () => {
    const state = applied(text(["a", "b", "c"]), { type: "scrolled", by: 1 }, line("d"));
    expect(state.view).toMatchObject({ lines: ["a", "b", "c", "d"], back: 2 });
  });

  test("scrolling ends at both ends", () => {
    const scroll = (by: number): UiAction => ({ type: "scrolled", by });
    expect(applied(text(["a", "b"]), scroll(9)).view).toMatchObject({ back: 1 });
    expect(applied(text(["a", "b"]), scroll(-9)).view).toMatchObject({ back: 0 });
    expect(applied(scroll(1)).view).toEqual({ kind: "overview" });
  });

  test("no more than 2,000 lines are kept", () => {
    const { view } = applied(text(Array.from({ length: 2_000 }, () => "x")), line("last"));
    expect(view).toMatchObject({ lines: expect.objectContaining({ length: 2_000, 1999: "last" }) });
  });
});

describe("keys", () => {
  const press = (input: string, name?: KeyPress["name"]): KeyPress => ({ input, name });
  const busy = applied({ type: "busyChanged", service: "ollama", busy: "stopping" });
  const confirming = applied({ type: "viewOpened", view: { kind: "confirm", service: "ollama" } });
  const help = applied({ type: "viewOpened", view: { kind: "help" } });

  test.each<[string, UiState, KeyPress, UiAction | UiCommand | undefined]>([
    ["r restarts", START, press("r"), { type: "restart", service: "ollama" }],
    ["s starts", START, press("s"), { type: "start", service: "ollama" }],
    [
      "x asks first",
      START,
      press("x"),
      { type: "viewOpened", view: { kind: "confirm", service: "ollama" } },
    ],
    ["y stops", confirming, press("y"), { type: "stop", service: "ollama" }],
    ["anything else does not", confirming, press("", "return"), { type: "closeView" }],
    ["l follows logs", START, press("l"), { type: "followLogs", service: "ollama" }],
    ["g checks the GPU", START, press("g"), { type: "checkGpu" }],
    ["f looks anew", START, press("f"), { type: "refresh" }],
    ["? helps", START, press("?"), { type: "viewOpened", view: { kind: "help" } }],
    ["any key leaves the help", help, press("z"), { type: "closeView" }],
    ["q leaves", START, press("q"), { type: "quit" }],
    ["q leaves from the help, too", help, press("q"), { type: "quit" }],
    ["Ctrl+C leaves everywhere", confirming, press("c", "ctrl"), { type: "quit" }],
    ["Ctrl+R does nothing", START, press("r", "ctrl"), undefined],
    ["↓ selects", START, press("", "down"), { type: "selectionMoved", by: 1 }],
    ["k selects", START, press("k"), { type: "selectionMoved", by: -1 }],
    ["a busy service is left alone", busy, press("r"), undefined],
    ["a busy service is not stopped", busy, press("x"), undefined],
    ["no service, nothing to restart", { ...START, services: [] }, press("r"), undefined],
    ["Escape closes a text", applied(text()), press("", "escape"), { type: "closeView" }],
    ["q closes a text", applied(text()), press("q"), { type: "closeView" }],
    ["Page Up scrolls", applied(text()), press("", "pageUp"), { type: "scrolled", by: 10 }],
    ["↓ scrolls a text", applied(text()), press("", "down"), { type: "scrolled", by: -1 }],
    ["r does nothing in a text", applied(text()), press("r"), undefined],
  ])("%s", (_what, state, key, meant) => expect(interpretKey(state, key)).toEqual(meant));
});

describe("plots", () => {
  test.each<[string, number[], number, number, string]>([
    ["nothing yet", [], 4, 100, "    "],
    ["the newest to the right", [0, 100], 4, 100, "  ▁█"],
    ["every level", [0, 13, 25, 38, 50, 63, 75, 88], 8, 100, "▁▂▃▄▅▆▇█"],
    ["the last ones where there are more", [100, 0, 0], 2, 100, "▁▁"],
    ["beyond full is full", [250], 1, 100, "█"],
    ["no room", [1], 0, 100, ""],
    ["less than no room", [1], -3, 100, ""],
  ])("%s", (_what, values, width, full, shown) => {
    expect(plot(values, width, full)).toBe(shown);
  });

  test("what is no measurement counts as nothing", () => {
    expect(appendValue([1, 2], Number.NaN, 2)).toEqual([2, 0]);
    expect(appendValue([], -1, 2)).toEqual([0]);
  });
});

describe("rows of the screen", () => {
  const models = (count: number) =>
    Array.from({ length: count }, () => ({})) as unknown as NonNullable<UiState["models"]>;
  const share = (height: number, state: Partial<UiState> = {}) =>
    layOut(height, { ...START, gpu: { kind: "none" }, ...state });

  test.each<[string, number, Partial<UiState>]>([
    ["80x24", 20, {}],
    ["80x24, all that there can be", 20, { models: models(9), drift: Array(9).fill("x") }],
    ["120x40, all that there can be", 36, { models: models(9), drift: Array(30).fill("x") }],
  ])("%s: they fill the height, and each panel has a line", (_what, height, state) => {
    const { middle, drift, events } = share(height, state);
    expect(3 + START.services.length + middle + drift + events).toBe(height);
    expect(Math.min(middle, drift, events)).toBeGreaterThanOrEqual(4);
  });

  test("GPU and models get what they have to show", () => {
    expect(share(36, { models: models(5) }).middle).toBe(8);
  });
});

test("a store tells its listeners, until they leave", () => {
  const store = new UiStore(START);
  let calls = 0;
  const leave = store.subscribe(() => {
    calls += 1;
  });
  store.dispatch({ type: "selectionMoved", by: 1 });
  leave();
  store.dispatch({ type: "selectionMoved", by: 1 });
  expect([calls, store.state().selected]).toEqual([1, 2]);
});
