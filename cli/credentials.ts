import { addressForPeople } from "../plan/peopleAddress";
import type { StackPlan } from "../plan/plan";
import { CHAT_SERVICE, OPENAI_SERVICE } from "../plan/wiring";
import { readStackSecrets } from "./stackSecrets";

/** What a person needs to get in. */
export interface Credentials {
  readonly openwebui?: { readonly url: string; readonly email: string; readonly password: string };
  readonly localai?: { readonly url: string; readonly apiKey: string };
}

/** What there is, and why something of it is not there, in lines for people. */
export interface KnownCredentials {
  readonly credentials: Credentials;
  readonly notes: readonly string[];
}

/**
 * The generated credentials of a stack's services, as they were at the first start. What would only now be generated
 * is left out: the first update will make another.
 */
export function readCredentials(root: string, stack: string, plan: StackPlan): KnownCredentials {
  const { values, generated, admin } = readStackSecrets(root, stack, plan.secrets, false);
  const urlOf = (service: string) => plan.services.find(({ name }) => name === service)?.endpoint;
  const [chat, openai] = [urlOf(CHAT_SERVICE), urlOf(OPENAI_SERVICE)];
  const password = values["webui-admin-password"];
  const apiKey = values["localai-api-key"];
  const later = `not generated yet: ./aistack up --stack ${stack}`;
  const credentials: { -readonly [Key in keyof Credentials]: Credentials[Key] } = {};
  const notes: string[] = [];
  if (chat !== undefined && password !== undefined) {
    if (generated.includes("webui-admin-password")) notes.push(`Open WebUI's password is ${later}`);
    else if (admin === null)
      notes.push(
        "Open WebUI's data is older than its generated password: sign in with an account that it has",
      );
    else credentials.openwebui = { url: chat, email: admin?.email ?? plan.admin.email, password };
  }
  if (openai !== undefined && apiKey !== undefined) {
    if (generated.includes("localai-api-key")) notes.push(`LocalAI's key is ${later}`);
    else credentials.localai = { url: openai, apiKey };
  }
  return { credentials, notes };
}

/** For people; empty where there are none. */
export function formatCredentials(
  { credentials, notes }: KnownCredentials,
  plan: StackPlan,
): string {
  const addressOf = (name: string) =>
    plan.services
      .filter((service) => service.name === name)
      .map((service) => addressForPeople(service, plan.host))
      .join();
  const { openwebui, localai } = credentials;
  const lines = [
    ...(openwebui === undefined
      ? []
      : [
          `  Open WebUI   ${addressOf(CHAT_SERVICE)}`,
          `    e-mail     ${openwebui.email}`,
          `    password   ${openwebui.password}`,
        ]),
    ...(localai === undefined
      ? []
      : [`  LocalAI      ${addressOf(OPENAI_SERVICE)}`, `    API key    ${localai.apiKey}`]),
    ...notes.map((note) => `  ${note}`),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

/**
 * Runs what may fail, and shows what was generated for it either way: it is shown once, and a second run, which
 * generates nothing, would not show it.
 * @param text empty: nothing was generated
 */
export async function showingCredentials<Result>(
  stack: string,
  text: string,
  run: () => Promise<Result>,
): Promise<Result> {
  try {
    return await run();
  } finally {
    if (text !== "")
      process.stdout.write(
        `\nSign in with (shown again by ./aistack credentials --stack ${stack}):\n${text}`,
      );
  }
}
