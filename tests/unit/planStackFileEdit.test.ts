import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { setServices } from "../../plan/stackServices";

describe("services of a stack file", () => {
  test.each([
    [
      "after the profile, comments as they were",
      "# mine\nconfig:\n  aistack:profile: minimal # why\n  # models\n  aistack:models:\n    - name: tiny\n",
      "# mine\nconfig:\n  aistack:profile: minimal # why\n  aistack:services: [ollama, openwebui]\n  # models\n  aistack:models:\n    - name: tiny\n",
    ],
    [
      "in front where there is no profile",
      "config:\n    aistack:gpu: none\nencryptionsalt: v1:x\n",
      "config:\n    aistack:services: [ollama, openwebui]\n    aistack:gpu: none\nencryptionsalt: v1:x\n",
    ],
    [
      "in the place of a list on one line",
      'config:\n  "aistack:services": [ ollama ] # narrow\n  aistack:gpu: none\n',
      'config:\n  "aistack:services": [ollama, openwebui] # narrow\n  aistack:gpu: none\n',
    ],
    [
      "in the place of a list over lines",
      "config:\n  aistack:services:\n    - ollama\n    - localai\n  aistack:gpu: none\n",
      "config:\n  aistack:services:\n    [ollama, openwebui]\n  aistack:gpu: none\n",
    ],
    [
      "where the key has no value",
      "config:\n  aistack:services:\n  aistack:gpu: none\n",
      "config:\n  aistack:services: [ollama, openwebui]\n  aistack:gpu: none\n",
    ],
    [
      "at the end of a file without a last line feed",
      "config:\n  aistack:profile: minimal",
      "config:\n  aistack:profile: minimal\n  aistack:services: [ollama, openwebui]\n",
    ],
    [
      "in a mapping on one line",
      "config: { aistack:gpu: none }\n",
      "config: { aistack:services: [ollama, openwebui], aistack:gpu: none }\n",
    ],
    ["in an empty file", "", "config:\n  aistack:services: [ollama, openwebui]\n"],
    ["where config is empty", "config: {}\n", "config:\n  aistack:services: [ollama, openwebui]\n"],
    [
      "where config has nothing",
      "# a\nconfig:\nencryptionsalt: v1:x\n",
      "# a\nconfig:\n  aistack:services: [ollama, openwebui]\nencryptionsalt: v1:x\n",
    ],
  ])("%s", (_what, before, after) => {
    const edited = setServices(before, ["ollama", "openwebui"]);
    expect(edited).toBe(after);
    expect(parse(edited).config["aistack:services"]).toEqual(["ollama", "openwebui"]);
    expect(setServices(edited, ["ollama", "openwebui"])).toBe(edited);
  });
});
