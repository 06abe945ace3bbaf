import { readVariable } from "./environment";
import { namesAtLocalai } from "./expectedAnswers";
import type { HostFacts } from "./hostFacts";
import { withTag } from "./models";
import type { StackPlan } from "./plan";
import { CHAT_SERVICE, MODEL_SERVICE, OPENAI_SERVICE } from "./wiring";

/**
 * What people should know before they upload documents to Open WebUI: it embeds them with a model that somebody must have
 * declared. Read from its environment, which a Compose file may have changed.
 * @param facts of the host: a model that Ollama has need not be declared
 */
export function describeEmbeddings(
  plan: Pick<StackPlan, "services" | "models" | "localai">,
  facts: Pick<HostFacts, "models">,
): string[] {
  const envs = plan.services.find(({ name }) => name === CHAT_SERVICE)?.container.envs ?? [];
  const model = readVariable(envs, "RAG_EMBEDDING_MODEL");
  if (model === undefined || model === "") return [];
  const engine = readVariable(envs, "RAG_EMBEDDING_ENGINE");
  const asks = (variable: string, service: string) => {
    const url = readVariable(envs, variable) ?? "";
    const container = plan.services.find(({ name }) => name === service)?.container.name;
    return container !== undefined && URL.canParse(url) && new URL(url).hostname === container;
  };
  if (engine === "ollama" && asks("RAG_OLLAMA_BASE_URL", MODEL_SERVICE)) {
    const there = [...plan.models.map(({ name }) => name), ...Object.keys(facts.models ?? {})];
    return there.includes(withTag(model)) ? [] : [note(model, "Ollama", "aistack:models")];
  }
  if (engine === "openai" && asks("RAG_OPENAI_API_BASE_URL", OPENAI_SERVICE)) {
    const there = namesAtLocalai(plan.localai);
    return there.includes(model) ? [] : [note(model, "LocalAI", "aistack:localai.models")];
  }
  return [];
}

function note(model: string, service: string, key: string): string {
  return `Open WebUI embeds documents with ${model}, which ${service} does not have: uploads fail until ${key} has the line "- name: ${model}"`;
}
