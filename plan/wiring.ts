import type { ComposeProject, ComposeService } from "./composeSchema";
import { inUrl, physicalName } from "./naming";
import type { SecretVariable } from "./secrets";
import type { Settings } from "./settings";

/** What a service has to know of the others, and of where it is reached. */
export interface Wiring {
  readonly environment: Readonly<Record<string, string>>;
  readonly secrets: readonly SecretVariable[];
}

/** The service that keeps models. */
export const MODEL_SERVICE = "ollama";

/** The service that people talk to. */
export const CHAT_SERVICE = "openwebui";

/** The service that speaks OpenAI's API. */
export const OPENAI_SERVICE = "localai";

const NOTHING: Wiring = { environment: {}, secrets: [] };

/**
 * Derives a service's connections from the plan, so that they hold under every name prefix and profile.
 * @param name the service to wire
 * @param selected the services that the stack runs
 * @param endpoint the URL at which the host reaches the service
 */
export function wireService(
  name: string,
  selected: readonly string[],
  project: ComposeProject,
  settings: Settings,
  endpoint: string,
): Wiring {
  if (name !== CHAT_SERVICE) return NOTHING;
  const urlOf = (other: string) =>
    selected.includes(other)
      ? internalUrl(project.services[other] as ComposeService, settings.namePrefix)
      : undefined;
  const ollama = urlOf(MODEL_SERVICE);
  const openai = urlOf(OPENAI_SERVICE);
  return {
    environment: {
      ...ollamaConnection(ollama),
      ...openaiConnection(openai),
      ...embeddings(ollama, openai),
      // With "*", any web page that a signed-in user opens could use the session.
      CORS_ALLOW_ORIGIN: origins(endpoint, settings).join(";"),
      WEBUI_URL: toOrigin(settings.webui.urls[0] ?? publishedAt(endpoint, settings)[0] ?? endpoint),
      WEBUI_ADMIN_EMAIL: settings.webui.adminEmail,
      WEBUI_ADMIN_NAME: settings.webui.adminName,
    },
    secrets: openai === undefined ? [] : openaiKeys(ollama === undefined),
  };
}

/** URL of a service for its neighbours: Docker's DNS knows containers by their names. */
function internalUrl(service: ComposeService, prefix: string): string {
  return `http://${physicalName(service.container_name, prefix)}:${service["x-aistack"].endpoint}`;
}

function ollamaConnection(url: string | undefined): Record<string, string> {
  return url === undefined
    ? { ENABLE_OLLAMA_API: "False" }
    : { ENABLE_OLLAMA_API: "True", OLLAMA_BASE_URL: url, OLLAMA_BASE_URLS: url };
}

/** Switched off where there is none: Open WebUI would ask api.openai.com and hang (open-webui issue 9226). */
function openaiConnection(url: string | undefined): Record<string, string> {
  return url === undefined
    ? { ENABLE_OPENAI_API: "False" }
    : { ENABLE_OPENAI_API: "True", OPENAI_API_BASE_URLS: `${url}/v1` };
}

function embeddings(
  ollama: string | undefined,
  openai: string | undefined,
): Record<string, string> {
  if (ollama !== undefined) return { RAG_EMBEDDING_ENGINE: "ollama", RAG_OLLAMA_BASE_URL: ollama };
  // Any engine but the built-in one, which would fetch its model from a hub.
  return openai === undefined
    ? { RAG_EMBEDDING_ENGINE: "ollama" }
    : { RAG_EMBEDDING_ENGINE: "openai", RAG_OPENAI_API_BASE_URL: `${openai}/v1` };
}

function openaiKeys(forEmbeddings: boolean): SecretVariable[] {
  const variables = ["OPENAI_API_KEYS", ...(forEmbeddings ? ["RAG_OPENAI_API_KEY"] : [])];
  return variables.map((variable) => ({ variable, secret: "localai-api-key" }));
}

/**
 * Every address under which a browser on the host, or by `webui.urls`, reaches Open WebUI, as browsers send it: without a port
 * that the scheme implies, in small letters. Open WebUI compares them letter by letter.
 */
function origins(endpoint: string, settings: Settings): string[] {
  const { webui } = settings;
  const { hostname, port } = new URL(endpoint);
  const at = (name: string) => `http://${inUrl(name)}:${port || "80"}`;
  const local = hostname === "127.0.0.1" ? [at("localhost")] : [];
  const all = [endpoint, ...local, ...publishedAt(endpoint, settings), ...webui.urls];
  return [...new Set(all.map(toOrigin))];
}

/** The address of another machine, where it publishes to its network; none that no browser can be given (`gpu.1` is one for SSH). */
function publishedAt(endpoint: string, { host, bindAddress }: Settings): string[] {
  if (host === undefined || bindAddress === "127.0.0.1") return [];
  const { port } = new URL(endpoint);
  return [`http://${inUrl(host.address)}:${port || "80"}`].filter((url) => URL.canParse(url));
}

function toOrigin(url: string): string {
  return new URL(url).origin;
}

/**
 * What people should know of the addresses: published on all of them, those by which others reach the host are not known here,
 * and Open WebUI refuses pages of an address that it was not told.
 */
export function warnOfOrigins(
  service: ComposeService,
  endpoint: string,
  settings: Settings,
): string[] {
  const { bindAddress, host, webui } = settings;
  const told = host !== undefined || webui.urls.length > 0;
  if (bindAddress !== "0.0.0.0" || told || service.environment?.CORS_ALLOW_ORIGIN !== undefined)
    return [];
  const known = origins(endpoint, settings).join(" and ");
  return [
    `Open WebUI is published on every address of the host (aistack:bindAddress 0.0.0.0), but its pages work at ${known} alone. ` +
      "Add the addresses that browsers use to aistack:webui.urls",
  ];
}
