import type { GpuUsage } from "../../plan/gpuUsage";
import type { ServiceHealth } from "../../plan/serviceHealth";
import type { ListedModel } from "../models/modelList";
import { appendTo, appendValue } from "./series";

/** Everything that the screen shows, as plain data. */
export interface UiState {
  readonly stack: string;
  readonly profile: string;
  readonly services: readonly UiService[];
  /** index of the service that keys act upon */
  readonly selected: number;
  readonly gpu: UiGpu;
  /** undefined until they were listed; null where Ollama does not answer */
  readonly models: readonly ListedModel[] | null | undefined;
  /** undefined until the host was looked at */
  readonly drift: readonly string[] | undefined;
  /** the newest comes last */
  readonly events: readonly UiEvent[];
  readonly view: View;
  readonly notice: Notice | undefined;
  readonly now: Date;
}

export interface UiService {
  readonly name: string;
  readonly health: ServiceHealth | undefined;
  readonly since: string | null;
  /** undefined while it does not run */
  readonly usage: ServiceUsage | undefined;
  /** processor use in percent of one core over time, the newest last */
  readonly cpuHistory: readonly number[];
  /** what a key has set going: `restarting`; undefined where nothing goes on */
  readonly busy: string | undefined;
}

export interface ServiceUsage {
  /** of one core; undefined until it was seen twice */
  readonly cpuPercent: number | undefined;
  readonly memoryBytes: number;
  readonly memoryLimitBytes: number;
}

export type UiGpu =
  | { readonly kind: "none" }
  | { readonly kind: "waiting" }
  | { readonly kind: "unknown"; readonly reason: string }
  /** nobody tells of them, and nothing is wrong with that */
  | { readonly kind: "untold"; readonly reason: string }
  | { readonly kind: "seen"; readonly gpus: readonly UiGpuSeries[] };

export interface UiGpuSeries extends GpuUsage {
  /** percent over time, the newest last */
  readonly loadHistory: readonly number[];
  readonly memoryHistory: readonly number[];
}

export interface UiEvent {
  readonly time: Date;
  readonly text: string;
}

export interface Notice {
  readonly text: string;
  readonly tone: "good" | "bad" | "plain";
}

export type View =
  | { readonly kind: "overview" }
  | { readonly kind: "help" }
  | { readonly kind: "confirm"; readonly service: string }
  | {
      readonly kind: "text";
      readonly title: string;
      readonly lines: readonly string[];
      /** lines that are scrolled back from the end */
      readonly back: number;
    };

export type UiAction =
  | { readonly type: "ticked"; readonly now: Date }
  | {
      readonly type: "servicesSeen";
      readonly services: readonly Pick<UiService, "name" | "health" | "since">[];
    }
  | {
      readonly type: "usageSeen";
      readonly service: string;
      readonly usage: ServiceUsage | undefined;
    }
  | { readonly type: "gpusSeen"; readonly gpus: readonly GpuUsage[] }
  | { readonly type: "gpusUnknown" | "gpusUntold"; readonly reason: string }
  | { readonly type: "modelsSeen"; readonly models: readonly ListedModel[] | null }
  | { readonly type: "driftSeen"; readonly drift: readonly string[] }
  | { readonly type: "eventSeen"; readonly event: UiEvent }
  | { readonly type: "selectionMoved"; readonly by: number }
  | { readonly type: "viewOpened"; readonly view: View }
  | { readonly type: "lineCame"; readonly title: string; readonly line: string }
  | { readonly type: "scrolled"; readonly by: number }
  | { readonly type: "busyChanged"; readonly service: string; readonly busy: string | undefined }
  | { readonly type: "noticeSet"; readonly notice: Notice | undefined };

/** Enough for a wide terminal's plot. */
const MOST_VALUES = 120;
const MOST_EVENTS = 50;
const MOST_LINES = 2_000;

export function initialState(
  stack: string,
  profile: string,
  services: readonly string[],
  hasGpu: boolean,
  now: Date,
): UiState {
  return {
    stack,
    profile,
    services: services.map((name) => ({
      name,
      health: undefined,
      since: null,
      usage: undefined,
      cpuHistory: [],
      busy: undefined,
    })),
    selected: 0,
    gpu: hasGpu ? { kind: "waiting" } : { kind: "none" },
    models: undefined,
    drift: undefined,
    events: [],
    view: { kind: "overview" },
    notice: undefined,
    now,
  };
}

/** What a state becomes by something that happened. Pure: the same again gives the same. */
export function reduce(state: UiState, action: UiAction): UiState {
  switch (action.type) {
    case "ticked":
      return { ...state, now: action.now };
    case "servicesSeen":
      return { ...state, services: state.services.map((one) => seen(one, action.services)) };
    case "usageSeen":
      return changeService(state, action.service, (service) => ({
        usage: action.usage,
        cpuHistory: appendValue(service.cpuHistory, action.usage?.cpuPercent ?? 0, MOST_VALUES),
      }));
    case "gpusSeen":
      return { ...state, gpu: { kind: "seen", gpus: action.gpus.map((gpu) => grow(state, gpu)) } };
    case "gpusUnknown":
      return { ...state, gpu: { kind: "unknown", reason: action.reason } };
    case "gpusUntold":
      return { ...state, gpu: { kind: "untold", reason: action.reason } };
    case "modelsSeen":
      return { ...state, models: action.models };
    case "driftSeen":
      return { ...state, drift: action.drift };
    case "eventSeen":
      return { ...state, events: insertEvent(state.events, action.event) };
    case "selectionMoved":
      return { ...state, selected: within(state.selected + action.by, state.services.length - 1) };
    case "viewOpened":
      return { ...state, view: action.view };
    case "lineCame":
      return addLine(state, action.title, action.line);
    case "scrolled":
      return scroll(state, action.by);
    case "busyChanged":
      return changeService(state, action.service, () => ({ busy: action.busy }));
    case "noticeSet":
      return { ...state, notice: action.notice };
  }
}

export function selectedService(state: UiState): UiService | undefined {
  return state.services[state.selected];
}

/** By time: what several sources tell does not come in order. */
function insertEvent(events: readonly UiEvent[], event: UiEvent): UiEvent[] {
  return [...events, event]
    .sort((one, other) => one.time.getTime() - other.time.getTime())
    .slice(-MOST_EVENTS);
}

function seen(
  service: UiService,
  all: readonly Pick<UiService, "name" | "health" | "since">[],
): UiService {
  const found = all.find(({ name }) => name === service.name);
  return found === undefined ? service : { ...service, health: found.health, since: found.since };
}

function changeService(
  state: UiState,
  name: string,
  change: (service: UiService) => Partial<UiService>,
): UiState {
  const services = state.services.map((service) =>
    service.name === name ? { ...service, ...change(service) } : service,
  );
  return { ...state, services };
}

function grow(state: UiState, gpu: GpuUsage): UiGpuSeries {
  const before =
    state.gpu.kind === "seen" ? state.gpu.gpus.find(({ uuid }) => uuid === gpu.uuid) : undefined;
  const share = gpu.memoryTotalMiB > 0 ? (gpu.memoryUsedMiB / gpu.memoryTotalMiB) * 100 : 0;
  return {
    ...gpu,
    loadHistory: appendValue(before?.loadHistory ?? [], gpu.loadPercent ?? 0, MOST_VALUES),
    memoryHistory: appendValue(before?.memoryHistory ?? [], share, MOST_VALUES),
  };
}

/** Lines of a view that was left meanwhile have nowhere to go. */
function addLine(state: UiState, title: string, line: string): UiState {
  const { view } = state;
  if (view.kind !== "text" || view.title !== title) return state;
  const lines = appendTo(view.lines, line, MOST_LINES);
  // Who has scrolled back keeps what he reads.
  const back = view.back === 0 ? 0 : Math.min(view.back + 1, lines.length);
  return { ...state, view: { ...view, lines, back } };
}

function scroll(state: UiState, by: number): UiState {
  const { view } = state;
  if (view.kind !== "text") return state;
  return { ...state, view: { ...view, back: within(view.back + by, view.lines.length - 1) } };
}

function within(value: number, most: number): number {
  return Math.max(0, Math.min(value, most));
}
