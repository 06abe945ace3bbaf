import type { StackPlan } from "../plan/plan";
import { CHAT_SERVICE, OPENAI_SERVICE } from "../plan/wiring";
import { readStackSecrets } from "./stackSecrets";

/** What a person needs to get in. */
export interface Credentials {
  readonly openwebui?: { readonly url: string; readonly email: string; readonly password: string };
  readonly localai?: { readonly url: string; readonly apiKey: string };
}

/** The generated credentials of a stack's services, as they were at the first start. */
export function readCredentials(root: string, stack: string, plan: StackPlan): Credentials {
  const { values } = readStackSecrets(root, stack, plan.secrets, false);
  const urlOf = (service: string) => plan.services.find(({ name }) => name === service)?.endpoint;
  const [chat, openai] = [urlOf(CHAT_SERVICE), urlOf(OPENAI_SERVICE)];
  const password = values["webui-admin-password"];
  const apiKey = values["localai-api-key"];
  return {
    ...(chat === undefined || password === undefined
      ? {}
      : { openwebui: { url: chat, email: plan.admin.email, password } }),
    ...(openai === undefined || apiKey === undefined ? {} : { localai: { url: openai, apiKey } }),
  };
}

/** For people; empty where there are none. */
export function formatCredentials({ openwebui, localai }: Credentials): string {
  const lines = [
    ...(openwebui === undefined
      ? []
      : [
          `  Open WebUI   ${openwebui.url}`,
          `    e-mail     ${openwebui.email}`,
          `    password   ${openwebui.password}`,
        ]),
    ...(localai === undefined
      ? []
      : [`  LocalAI      ${localai.url}`, `    API key    ${localai.apiKey}`]),
  ];
  return lines.map((line) => `${line}\n`).join("");
}
