import type { Page } from "./pages";

const STACK_FILE = ["stacks/Pulumi.<stack>.yaml", "the stack's configuration"] as const;
const LOCK = ["images.lock.yaml", "the digest that each version is bound to"] as const;
const AGENT_CONFIG = [
  "/etc/aistack/agent.json",
  "written by `aistack up` from aistack:agent",
] as const;

/** Pages of the verbs about images, GPUs and the host itself; those of a stack's daily life are in pages.ts. */
export const HOST_PAGES: Readonly<Record<string, Page>> = {
  "images list": {
    description: [
      "Lists the image of each service: the digest that its version is bound to, whether the host has it, and whether it is from a registry, an archive or a build.",
    ],
    exitCodes: { 3: "Docker does not answer" },
    examples: [["aistack images list --json", "for a script"]],
    files: [LOCK],
  },
  "images lock": {
    description: [
      "Asks the registries for the digest of every version that a stack may run, and writes it down. From then on that content runs and no other, whatever the registry says later. What a registry does not answer for keeps the entry that it has.",
    ],
    exitCodes: {
      1: "a version could not be looked up, or what the registry gave is not what it says",
    },
    examples: [["aistack images lock", "after a version in compose/*.yaml was changed"]],
    files: [LOCK],
  },
  "images save": {
    description: [
      "Writes the images that a stack runs from into one file, each with its hash, for a host that reaches no registry.",
      "Which image a service runs depends on the host's GPU and driver. From a machine without that GPU name the kind with --variant (nvidia-cuda-12, nvidia-cuda-13, amd, intel), or take them all with --all-variants; what is missing is pulled.",
    ],
    exitCodes: {
      1: "it was interrupted, or the file cannot be written",
      2: "the file is there already, or too little space is free",
    },
    examples: [
      ["aistack images save images.tar", "then carry it over, with images.lock.yaml"],
      ["aistack images save images.tar --variant nvidia-cuda-13", "for a host with another GPU"],
    ],
  },
  "images load": {
    description: [
      "Gives a host the images of a file. Everything is compared with what was saved before the engine gets any of it, and with what this checkout is bound to.",
    ],
    exitCodes: {
      1: "the file is damaged, or Docker does not make of it what was saved",
      2: "the file is not there or no archive, or holds other images than this checkout is bound to",
    },
    examples: [["aistack images load images.tar --stack lab", "onto the host of stack lab"]],
    files: [LOCK],
  },
  "gpu-check": {
    description: [
      "Reads the host's NVIDIA GPUs by NVML, else by nvidia-smi, and what containers need to have them: driver, container toolkit, Docker's runtime and CDI. Each fault is told with its remedy. It changes nothing, and needs no stack.",
      "With --container it also starts a throw-away container of an image that the host has, which asks for the GPUs as the stack's containers do: NVIDIA's by CDI or runtime, the named ones alone, AMD's and Intel's device nodes.",
    ],
    exitCodes: { 3: "a GPU is expected and cannot be used" },
    examples: [
      ["aistack gpu-check --save", "the report for others to read"],
      ["aistack gpu-check --container ollama/ollama:0.34.3", "what a container really sees"],
    ],
    files: [["/var/lib/aistack/gpu_report.json", "where --save writes unless told otherwise"]],
  },
  detect: {
    description: [
      "Looks at GPUs and memory of the host, and proposes aistack:gpu, aistack:gpuMode, limits and models that fit. It prints them to paste; the stack's file is written only with --write, and keeps its own text, limits and models.",
    ],
    exitCodes: { 3: "no stack is selected, or its host cannot be reached" },
    examples: [["aistack detect --stack lab --write", "into stacks/Pulumi.lab.yaml"]],
    files: [STACK_FILE],
  },
  agent: {
    description: [
      "The service that `aistack up` installs with aistack:agent.enabled, for a try by hand: as root, while the service is stopped (systemctl stop aistack-agent). Root goes on as the service's account, so that everything stays its own. It writes heartbeats, answers on a socket, and measures. SIGHUP reads its configuration anew, SIGUSR1 opens its files anew, SIGTERM ends it.",
    ],
    exitCodes: { 1: "it could not start, or was ended by a fault" },
    examples: [["sudo aistack agent --metrics 127.0.0.1:9464", "with measurements for Prometheus"]],
    files: [AGENT_CONFIG, ["/var/lib/aistack/agent_status.json", "its last heartbeat"]],
  },
  "idle-check": {
    description: [
      "One look at GPUs, requests and sessions. Where the host has been idle for long, models are unloaded, and the host is suspended if the configuration says so. The timer aistack-idle.timer runs it every ten seconds; by hand it is run as root, who goes on as the service's account. Only the timer's own checks can suspend the host.",
    ],
    exitCodes: { 1: "what should have been done could not be done" },
    examples: [["sudo aistack idle-check --json", "the decision and its reasons"]],
    files: [AGENT_CONFIG, ["/var/lib/aistack/idle.json", "since when the host is idle"]],
  },
};
