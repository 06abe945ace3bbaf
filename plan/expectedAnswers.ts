import type { ContainerSpec } from "./containerSpec";
import { readVariable } from "./environment";
import type { LocalaiSpec } from "./localaiModels";
import { CHAT_SERVICE, OPENAI_SERVICE } from "./wiring";

/** What a service must answer once everything declared is there. */
export interface ExpectedAnswers {
  /** models of its own, or for Open WebUI Ollama's: it must list them, and the first that can must complete */
  readonly models: readonly string[];
  /** which of Open WebUI's OpenAI connections is LocalAI, counted from 0; undefined: none */
  readonly provider: number | undefined;
  /** models declared to LocalAI, which Open WebUI must list as well */
  readonly providerModels: readonly string[];
}

interface Declared {
  readonly models: readonly { readonly name: string }[];
  readonly localai: readonly LocalaiSpec[];
  readonly services: readonly {
    readonly name: string;
    readonly container: Pick<ContainerSpec, "name" | "envs">;
  }[];
}

/** @param service its name in the Compose files */
export function expectedAnswers(service: string, declared: Declared): ExpectedAnswers {
  const ofLocalai = namesAtLocalai(declared.localai);
  if (service === OPENAI_SERVICE)
    return { models: ofLocalai, provider: undefined, providerModels: [] };
  const models = declared.models.map(({ name }) => name);
  const provider = service === CHAT_SERVICE ? connectionToLocalai(declared) : undefined;
  return { models, provider, providerModels: provider === undefined ? [] : ofLocalai };
}

/** Names of the declared models of LocalAI. A gallery that stands before an "@" is no part of the name that LocalAI lists. */
export function namesAtLocalai(localai: readonly LocalaiSpec[]): string[] {
  return localai
    .filter(({ kind }) => kind === "model")
    .map(({ name }) => name.slice(name.lastIndexOf("@") + 1));
}

/** Read from the environment itself: a Compose file may say otherwise than the plan derives, and then other providers are asked. */
function connectionToLocalai({ services }: Declared): number | undefined {
  const openai = services.find(({ name }) => name === OPENAI_SERVICE);
  const chat = services.find(({ name }) => name === CHAT_SERVICE);
  if (openai === undefined || chat === undefined) return undefined;
  const { envs } = chat.container;
  if (readVariable(envs, "ENABLE_OPENAI_API")?.toLowerCase() !== "true") return undefined;
  const hosts = [openai.container.name, OPENAI_SERVICE];
  const index = (readVariable(envs, "OPENAI_API_BASE_URLS") ?? "")
    .split(";")
    .findIndex((url) => URL.canParse(url) && hosts.includes(new URL(url).hostname));
  return index < 0 ? undefined : index;
}
