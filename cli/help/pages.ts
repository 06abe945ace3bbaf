import { HOST_PAGES } from "./hostPages";

/** What a manual page tells beyond a verb's own summary, arguments and options. */
export interface Page {
  readonly description?: readonly string[];
  /** what codes mean here, beside 0; those that mean the same everywhere are in EXIT_CODES */
  readonly exitCodes?: Readonly<Record<string, string>>;
  readonly examples?: readonly (readonly [command: string, effect: string])[];
  readonly files?: readonly (readonly [path: string, content: string])[];
}

/** The contract that all verbs keep; docs/decisions/0002-exit-codes.md. */
export const EXIT_CODES: readonly (readonly [code: string, meaning: string])[] = [
  ["0", "done"],
  ["1", "the operation failed, or a service cannot be used"],
  ["2", "wrong usage, or a configuration that this host cannot take; nothing was touched"],
  ["3", "the host is not ready: something must be installed or started first"],
  ["4", "changes or drift are pending"],
];

/** Verbs as the list of all shows them. */
export const GROUPS: Readonly<Record<string, readonly string[]>> = {
  "INSTALL AND CHANGE": ["install", "up", "preview", "destroy", "images"],
  "EVERY DAY": [
    "ui",
    "status",
    "start",
    "stop",
    "restart",
    "logs",
    "models",
    "stacks",
    "credentials",
  ],
  "FIND OUT": ["doctor", "detect", "gpu-check", "version", "help"],
  "FOR SHELLS AND SERVICES": ["env", "completion", "agent", "idle-check"],
};

const USAGE = "wrong usage, or a configuration that is not valid; nothing was touched";
const NOT_INSTALLED = "nothing is installed yet, no stack is selected, or Docker does not answer";
const STACK_FILE = ["stacks/Pulumi.<stack>.yaml", "the stack's configuration"] as const;

/** By verb; a verb of a verb by both words. */
export const PAGES: Readonly<Record<string, Page>> = {
  ...HOST_PAGES,
  install: {
    description: [
      "Makes the Pulumi engine, the stack and the images ready, shows what would change, asks, and brings the services up. Running it again finds everything in place and changes nothing. ./install.sh does the same on a host that has neither Docker nor Node yet.",
      "Without --stack it is about the stack of this machine, and makes one with the profile's name where there is none. Another --profile or --images is written into the stack's file, after a question; every volume stays.",
      "With a service's name, the stack gets that service beside those that it has; a stack that does not exist yet gets that service and those it depends on. The choice is written to the stack file's aistack:services, whose own text stays.",
    ],
    exitCodes: {
      1: "an update began and failed; what it had done by then is kept",
      2: "wrong usage, or a configuration that this host cannot take; nothing was touched",
      3: "what engine or images need of this host cannot be installed",
      4: "--dry-run: there are changes to make",
    },
    examples: [
      [
        "aistack install --profile standard-gpu",
        "Ollama, Open WebUI and LocalAI; widens a stack that is there",
      ],
      ["aistack install openwebui", "Open WebUI beside what the stack has"],
      ["aistack install --dry-run", "what would change; the host stays as it is"],
    ],
    files: [
      STACK_FILE,
      [".state/", "state, passphrase and generated secrets: keep a backup of it, as a secret"],
    ],
  },
  up: {
    description: [
      "Looks at configuration and host together, shows the changes, asks, and makes them. What was changed on the host by hand is set back.",
      "Ctrl+C lets the steps that have begun end and begins no other; running it again goes on. A second Ctrl+C breaks them off.",
    ],
    exitCodes: {
      1: "the update began and failed, or was interrupted; what it had done by then is kept",
      2: "wrong usage, or a configuration that this host cannot take; nothing was touched",
      3: "the engine is not installed, or no stack is selected",
    },
    examples: [["aistack up --yes", "without a question, for scripts"]],
    files: [STACK_FILE],
  },
  preview: {
    description: [
      "Shows what `aistack up` would do, and names what was changed on the host by hand.",
    ],
    exitCodes: {
      1: "the preview failed",
      2: "wrong usage, or a configuration that this host cannot take",
      3: "the engine is not installed, or no stack is selected",
      4: "there are changes to make",
    },
    examples: [
      ["aistack preview || [ $? = 4 ]", "in a script that goes on either way"],
      [
        "aistack preview --json | jq -r '.steps[] | .operation + \" \" + .resource'",
        "what would happen to what",
      ],
    ],
    files: [STACK_FILE],
  },
  destroy: {
    description: [
      "Removes the stack's containers and network. Volumes, and with them models, accounts and chats, stay; the next `aistack up` finds them.",
    ],
    exitCodes: {
      1: "the operation began and failed, or was interrupted; what it had done by then is kept",
      2: "wrong usage, or the answer was no",
      3: "the engine is not installed, or no stack is selected",
    },
    examples: [["aistack destroy --stack lab", "one stack of several"]],
  },
  status: {
    description: [
      "Shows each service's health, the declared models, drift (how the host, its files and units included, was seen to differ from what was made on it) and pending changes (what the configuration asks for and the host does not have yet). It looks at the host once and starts no engine.",
    ],
    exitCodes: {
      1: "a service cannot be used: it is missing, stopped, starting or unhealthy",
      2: USAGE,
      3: NOT_INSTALLED,
      4: "all services can be used; drift, changes or problems are pending",
    },
    examples: [
      [
        "aistack status --json | jq -r '.services[] | select(.health != \"healthy\").name'",
        "names of services that cannot be used",
      ],
      ["until aistack status >/dev/null; do sleep 1; done", "wait until all is well"],
    ],
    files: [STACK_FILE],
  },
  ui: {
    description: [
      "Shows services with health, memory and processor use, the GPU's load and memory over time, models, pending drift and the last events, and takes keys to start, stop and restart services and to follow their logs. `?` lists the keys, q and Ctrl+C leave.",
      "Without a terminal, where TERM is dumb, or with --json, it does what `aistack status` does.",
    ],
    exitCodes: { 2: USAGE, 3: NOT_INSTALLED },
    examples: [
      ["aistack", "the same, since it is what a terminal gets without a verb"],
      ["aistack --stack lab", "of one stack of several"],
    ],
  },
  start: {
    description: [
      "Starts the containers of services that are stopped, those they depend on first, and waits until each answers. Only containers that aistack made for this stack are touched.",
    ],
    exitCodes: {
      1: "a service does not start or does not answer; its last log lines are shown",
      2: "wrong usage, or a container of that name is somebody else's; nothing was touched",
      3: "the container is not there (aistack up), or as for status",
    },
    examples: [["aistack start ollama", "one service"]],
  },
  stop: {
    description: [
      "Stops containers within their grace period (stop_grace_period of the Compose file), those that depend on a service before it. They stay stopped until `aistack start` or `aistack up`; a preview shows them as drift meanwhile.",
    ],
    exitCodes: {
      1: "the engine could not stop a container",
      2: "wrong usage, or a container of that name is somebody else's; nothing was touched",
      3: "the container is not there, or as for status",
    },
    examples: [["aistack stop openwebui", "one service; those it depends on go on"]],
  },
  restart: {
    description: [
      "Stops services as `aistack stop` does, then starts them as `aistack start` does.",
    ],
    exitCodes: {
      1: "a service does not start or does not answer; its last log lines are shown",
      2: "wrong usage, or a container of that name is somebody else's; nothing was touched",
      3: "the container is not there (aistack up), or as for status",
    },
    examples: [["aistack restart ollama", "for example after a driver update"]],
  },
  logs: {
    description: [
      "Shows what services wrote to their standard output and error. Lines of several services stand in the order of their times, each after its service's name; with --follow they stand as they come. With --json each line is an object of its own.",
    ],
    exitCodes: { 1: "Docker refused", 2: USAGE, 3: `${NOT_INSTALLED}, or no container is there` },
    examples: [
      ["aistack logs ollama -f", "follow one service"],
      ["aistack logs --tail all > logs.txt", "everything that Docker has kept"],
    ],
  },
  models: {
    description: [
      "Lists the declared models and those that Ollama has besides, with size and digest, and which of them are in memory.",
    ],
    exitCodes: {
      1: "Ollama does not answer",
      2: USAGE,
      3: "nothing is installed yet, or no stack is selected",
      4: "a declared model is absent",
    },
    examples: [["aistack models --json", "for scripts"]],
  },
  stacks: {
    description: [
      "Lists every stack that was created or has a file, with its host, profile, services, last update and health. A star marks the selected one.",
    ],
    examples: [["pulumi stack select lab", "select another one"]],
    files: [
      STACK_FILE,
      [".state/.pulumi/history/", "what was done when, as Pulumi has recorded it"],
    ],
  },
  images: { description: ["What `aistack images VERB` does, `aistack help images VERB` tells."] },
  "images build": {
    description: [
      "Builds an image from package registries, for networks that reach no container registry. The result is kept by the hash of its recipe.",
    ],
    exitCodes: {
      1: "the build failed or was interrupted; its log is named",
      2: "there is no recipe for that service; nothing was touched",
      3: "what the build needs of this host cannot be installed",
    },
    examples: [["aistack images build ollama", "10 to 25 minutes on two cores, once"]],
    files: [["~/.cache/aistack/", "what is built, and the logs of builds"]],
  },
  doctor: {
    description: [
      "Checks Node, the Pulumi engine, Docker, permissions of the state, locks that were left behind, clock, disk, configuration, ports, images, whatever else would keep an update from succeeding, services, models, drift and the agent, and tells how to mend what is wrong. A stack on another host is judged by that host, its distribution, memory and user included. It changes nothing.",
    ],
    exitCodes: { 2: "wrong usage", 3: "a check failed" },
    examples: [
      ["aistack doctor --json | jq '.checks[] | select(.state != \"ok\")'", "what is not ok"],
    ],
  },
  credentials: {
    description: [
      "Shows the generated password of Open WebUI's administrator, with the account that was made with it, and LocalAI's key. They were generated once, at the first update, and are kept encrypted in .state. What is not generated yet, or opens nothing because the data is older, is left out and named.",
    ],
    exitCodes: {
      2: "wrong usage, or the stack has no credentials yet",
      3: "nothing is installed yet, or no stack is selected",
    },
    examples: [
      ["aistack credentials --json | jq -r .openwebui.password", "one of them, for a script"],
    ],
    files: [[".state/secrets/", "where they are kept, encrypted with .state/passphrase"]],
  },
  version: { examples: [["aistack version --json", "to go with a report of a fault"]] },
  env: {
    description: [
      "Prints shell commands that put engine, plugins and Node on the PATH and name the passphrase file, so that `pulumi` can be typed by hand in this folder.",
    ],
    exitCodes: { 3: "the engine is not installed" },
    examples: [['eval "$(./aistack env)"', "for this shell"]],
  },
  completion: {
    description: [
      "Prints a script that completes verbs, options, and the names of stacks and services, which it asks aistack for.",
    ],
    exitCodes: { 2: "wrong usage" },
    examples: [
      ["source <(./aistack completion bash)", "for this bash"],
      ["./aistack completion zsh > ~/.zfunc/_aistack", "for every zsh, where ~/.zfunc is in fpath"],
      ["./aistack completion fish > ~/.config/fish/completions/aistack.fish", "for every fish"],
    ],
  },
  help: { exitCodes: { 2: "there is no such verb" }, examples: [["aistack help logs", ""]] },
};
