import { expect, test } from "vitest";
import { readComposeProject } from "../../plan/composeFile";
import { problemsOf } from "../support/plan/problems";
import { ALL_COMPOSE_FILES } from "../support/plan/stack";

/** The problems of the checkout's Compose files with this one after them. */
const problemsWith = (text: string) =>
  problemsOf(() => readComposeProject([...ALL_COMPOSE_FILES, { file: "compose/own.yaml", text }]));

const REMOVE = "Remove it here; ./aistack credentials shows the values that people need";

test("a generated secret cannot be overridden: every attempt is told, with its line", () => {
  const text = `services:
  openwebui:
    environment:
      WEBUI_SECRET_KEY: mine
      WEBUI_ADMIN_PASSWORD:
  localai:
    environment:
      LOCALAI_API_KEY: sk-mine
`;
  expect(problemsWith(text)).toEqual([
    'compose/own.yaml:4: services.openwebui.environment.WEBUI_SECRET_KEY: "WEBUI_SECRET_KEY" is set to the generated ' +
      `secret webui-secret-key already. ${REMOVE}`,
    'compose/own.yaml:5: services.openwebui.environment.WEBUI_ADMIN_PASSWORD: "WEBUI_ADMIN_PASSWORD" is set to the ' +
      `generated secret webui-admin-password already. ${REMOVE}`,
    'compose/own.yaml:8: services.localai.environment.LOCALAI_API_KEY: "LOCALAI_API_KEY" is set to the generated ' +
      `secret localai-api-key already. ${REMOVE}`,
  ]);
});

test("no value of the file is told", () => {
  const text = "services: {openwebui: {environment: {WEBUI_SECRET_KEY: canary}}}\n";
  expect(problemsWith(text).join("\n")).not.toContain("canary");
});

test("a connection that the plan derives may be overridden, its key included", () => {
  const text = `services:
  openwebui:
    environment:
      OPENAI_API_BASE_URLS: http://localai:8080/v1;https://api.example.org/v1
      OPENAI_API_KEYS: one;other
`;
  expect(problemsWith(text)).toEqual([]);
});

test("a secret that aistack itself needs must be there", () => {
  const files = ALL_COMPOSE_FILES.map(({ file, text }) => ({
    file,
    text: text.replace(/^ +(?:WEBUI_ADMIN_PASSWORD|secrets:\n +LOCALAI_API_KEY): .*\n/m, ""),
  }));
  const messages = problemsOf(() => readComposeProject(files));
  expect(messages).toEqual([
    expect.stringMatching(
      /^compose\/openwebui\.yaml:\d+: services\.openwebui\.x-aistack\.secrets: no variable is set to the generated secret webui-admin-password, with which aistack itself asks the service\. Add WEBUI_ADMIN_PASSWORD: webui-admin-password$/,
    ),
    expect.stringMatching(
      /^compose\/localai\.yaml:\d+: services\.localai\.x-aistack\.secrets: .*Add LOCALAI_API_KEY: localai-api-key$/,
    ),
  ]);
});
