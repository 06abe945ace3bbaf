import { renderToString } from "ink";
import { createElement } from "react";
import { describe, expect, test } from "vitest";
import { Screen } from "../../cli/ui/screen";
import { initialState, reduce, type UiAction, type UiState } from "../../cli/ui/state";

/** Local time, as the screen shows it. */
const NOW = new Date(2026, 10, 22, 12, 0, 0);
const at = (second: number) => new Date(NOW.getTime() + second * 1000);
const START = initialState("lab", "standard-gpu", ["ollama", "openwebui", "localai"], true, NOW);
const applied = (...actions: UiAction[]): UiState => actions.reduce(reduce, START);
const show = (state: UiState, columns: number, rows: number) =>
  renderToString(createElement(Screen, { state, columns, rows }), { columns });

const GIB = 1024 ** 3;
const model = (name: string, change: object = {}) => ({
  name,
  declared: true,
  source: `pull:${name}`,
  present: true,
  digest: "d",
  sizeBytes: 1.5 * GIB,
  loaded: false,
  memoryBytes: null,
  vramBytes: null,
  ...change,
});
const FULL = applied(
  {
    type: "servicesSeen",
    services: [
      { name: "ollama", health: "healthy", since: at(-3600).toISOString() },
      { name: "openwebui", health: "unhealthy", since: at(-90).toISOString() },
      { name: "localai", health: "stopped", since: null },
    ],
  },
  ...[10, 120, 60].map((cpuPercent): UiAction => {
    const usage = { cpuPercent, memoryBytes: 2 * GIB, memoryLimitBytes: 16 * GIB };
    return { type: "usageSeen", service: "ollama", usage };
  }),
  ...[20, 90].map((loadPercent): UiAction => {
    const memory = { memoryUsedMiB: 40_000, memoryTotalMiB: 81_559 };
    return {
      type: "gpusSeen",
      gpus: [{ uuid: "GPU-a", name: "NVIDIA H100", loadPercent, ...memory }],
    };
  }),
  {
    type: "modelsSeen",
    models: [
      model("llama3.2:1b", { loaded: true, memoryBytes: 2 * GIB }),
      model("qwen3:4b", { present: false }),
      model("mistral:7b"),
      model("phi4:14b"),
    ],
  },
  { type: "driftSeen", drift: ["container aistack-localai is stopped (exited)", "two", "three"] },
  { type: "eventSeen", event: { time: at(-1), text: "localai ended (exit code 137)" } },
  { type: "selectionMoved", by: 1 },
  { type: "noticeSet", notice: { text: "openwebui: restarting …", tone: "plain" } },
  { type: "busyChanged", service: "openwebui", busy: "restarting" },
);

test("a full screen of 80x24", () => {
  expect(show(FULL, 80, 24)).toBe(
    `
 aistack  stack lab, profile standard-gpu                              12:00:00
╭──────────────────────────────────────────────────────────────────────────────╮
│   Service       Health      Up     CPU     Memory                            │
│   ollama        healthy     1 h    60 %    2.0 GiB of 16.0 GiB           ▁█▅ │
│ ▸ openwebui     restarting  1 m    -       -                                 │
│   localai       stopped     -      -       -                                 │
╰──────────────────────────────────────────────────────────────────────────────╯
╭──────────────────────────────────────╮╭──────────────────────────────────────╮
│ GPU                                  ││ Models                               │
│ NVIDIA H100                          ││ llama3.2:1b  1.5 GiB  loaded, 2.0 G… │
│ load   90 %                       ▂█ ││ qwen3:4b  absent                     │
│ memory 39.1/79.6 GiB              ▄▄ ││ and 2 more                           │
╰──────────────────────────────────────╯╰──────────────────────────────────────╯
╭──────────────────────────────────────────────────────────────────────────────╮
│ Drift and pending changes                                                    │
│ container aistack-localai is stopped (exited); two; three                    │
╰──────────────────────────────────────────────────────────────────────────────╯
╭──────────────────────────────────────────────────────────────────────────────╮
│ Events                                                                       │
│ 11:59:59 localai ended (exit code 137)                                       │
╰──────────────────────────────────────────────────────────────────────────────╯
 openwebui: restarting …
 ↑↓ select  s start  x stop  r restart  l logs  g gpu-check  ? help  q quit`.slice(1),
  );
});

describe("parts of it", () => {
  const lines = (state: UiState, columns = 80, rows = 24) => show(state, columns, rows).split("\n");

  test.each([
    [80, 24],
    [120, 40],
    [200, 60],
  ])(
    "%dx%d: it fills the terminal but for its last row, and no line is longer",
    (columns, rows) => {
      const shown = lines(FULL, columns, rows);
      expect(shown).toHaveLength(rows - 1);
      expect(Math.max(...shown.map((line) => line.length))).toBe(columns);
    },
  );

  test("a large screen has room for all", () => {
    const shown = show(FULL, 120, 40);
    for (const text of ["phi4:14b", "container aistack-localai is stopped (exited)", "│ three "])
      expect(shown).toContain(text);
    expect(shown).not.toContain("more");
  });

  test("before anything was seen", () => {
    const shown = show(START, 80, 24);
    expect(shown).toContain("│ ▸ ollama        …           -      -       -  ");
    expect(shown).toContain("│ looking at the host …  ");
    expect(shown).toContain("│ none in the last hour ");
  });

  test.each<[string, UiAction, string]>([
    ["no drift", { type: "driftSeen", drift: [] }, "│ none  "],
    ["no Ollama", { type: "modelsSeen", models: null }, "│ Ollama does not answer  "],
    ["no models", { type: "modelsSeen", models: [] }, "││ none  "],
    [
      "a GPU of which nobody tells",
      { type: "gpusUntold", reason: "no load figures for AMD" },
      "│ no load figures for AMD  ",
    ],
    ["a GPU in trouble", { type: "gpusUnknown", reason: "no driver" }, "│ no driver  "],
    [
      "the question before a stop",
      { type: "viewOpened", view: { kind: "confirm", service: "ollama" } },
      "\n Stop ollama? [y/N]\n y yes  any other key: no",
    ],
  ])("%s", (_what, action, text) => expect(show(applied(action), 80, 24)).toContain(text));

  test("a stack without a GPU", () => {
    const state: UiState = { ...START, gpu: { kind: "none" } };
    expect(show(state, 80, 24)).toContain("│ no GPU configured  ");
  });

  test("a text shows its last lines, and those before them when scrolled back", () => {
    const all = Array.from({ length: 50 }, (_, index) => `line ${index + 1}`);
    const view = { kind: "text", title: "logs of ollama", lines: all, back: 0 } as const;
    const open = applied({ type: "viewOpened", view });
    expect(lines(open)[2]).toContain("logs of ollama  ");
    expect(lines(open)[19]).toContain("line 50 ");
    const back = reduce(open, { type: "scrolled", by: 10 });
    expect(lines(back)[2]).toContain("logs of ollama (10 lines back)");
    expect(lines(back)[19]).toContain("line 40 ");
  });
});
