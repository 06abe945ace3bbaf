import { readComposeProject } from "../../../plan/composeFile";
import type { ComposeProject, ComposeService } from "../../../plan/composeSchema";

/** The place of the first line that a test adds to the service. */
export const EXTRA_LINE = 11;

/** The smallest accepted file with a service `one`, and the lines that a test adds to that service. */
export function composeText(extra = ""): string {
  return `name: aistack
networks: {net: {name: aistack-net}}
volumes: {data: {name: data}}
services:
  one:
    container_name: aistack-one
    image: one:1
    networks: [net]
    ports: ["8080:80"]
    x-aistack: {readiness: /ready, endpoint: 80}
${extra
  .split("\n")
  .map((line) => `    ${line}`)
  .join("\n")}
`;
}

/** The project of one file that is called `x.yaml` in messages. */
export function readProject(text: string): ComposeProject {
  return readComposeProject([{ file: "x.yaml", text }]);
}

/** The service `one` of the smallest file with these lines. */
export function readService(extra: string): ComposeService {
  return readProject(composeText(extra)).services.one as ComposeService;
}
