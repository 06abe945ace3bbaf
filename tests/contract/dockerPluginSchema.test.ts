// Our docker plugin against the npm package that talks to it: every token, every property, nested
// ones too, must have the name and the shape which @pulumi/docker sends and expects.
import { join } from "node:path";
import { execa } from "execa";
import { beforeAll, expect, test } from "vitest";
import { locateCache } from "../../cli/artifacts";
import { buildPiece } from "../../cli/engine/buildPiece";
import {
  type Member,
  type ObjectShape,
  type Shape,
  sentTokens,
  Typings,
} from "../support/engine/npmTypings";

/** Everything in which the two differ, each with the reason why that is right. */
const KNOWN_DIFFERENCES: Readonly<Record<string, string>> = {
  "docker:index/image:Image: not in the plugin":
    "builds images by code of the vendor's own, which is no part of any module; aistack builds none with Pulumi",
};

// --- what the plugin says ---

interface TypeSpec {
  readonly type?: string;
  readonly $ref?: string;
  readonly items?: TypeSpec;
  readonly additionalProperties?: TypeSpec;
}
interface ObjectSpec {
  readonly properties?: Readonly<Record<string, TypeSpec>>;
  readonly required?: readonly string[];
}
interface ResourceSpec extends ObjectSpec {
  readonly inputProperties?: Readonly<Record<string, TypeSpec>>;
  readonly requiredInputs?: readonly string[];
}
interface PackageSpec {
  readonly version: string;
  readonly types: Readonly<Record<string, ObjectSpec>>;
  readonly provider: ResourceSpec;
  readonly resources: Readonly<Record<string, ResourceSpec>>;
  readonly functions: Readonly<Record<string, { inputs: ObjectSpec; outputs: ObjectSpec }>>;
}

let spec: PackageSpec;

beforeAll(async () => {
  const [folder = ""] = await buildPiece("docker", locateCache(), () => undefined);
  const { stdout } = await execa(join(folder, "pulumi-resource-docker"), ["schema"]);
  spec = JSON.parse(stdout) as PackageSpec;
}, 1_200_000);

function toShape(type: TypeSpec): Shape {
  if (type.$ref !== undefined)
    return toObject(spec.types[type.$ref.slice("#/types/".length)] ?? {});
  if (type.items) return { array: toShape(type.items) };
  if (type.additionalProperties) return { map: toShape(type.additionalProperties) };
  return type.type === "integer" || type.type === "number" ? "number" : (type.type as Shape);
}

function toObject({ properties = {}, required = [] }: ObjectSpec): ObjectShape {
  const entries = Object.entries(properties).map(([name, type]) => [name, toShape(type)]);
  return { object: Object.fromEntries(entries), required };
}

function pluginResource({ inputProperties = {}, requiredInputs = [], ...outputs }: ResourceSpec) {
  const inputs = toObject({ properties: inputProperties, required: requiredInputs });
  return { inputs, outputs: toObject(outputs) };
}

// --- the comparison ---

/** Lists differences, one a line: where, what the npm package has, what the plugin has. */
function compare(where: string, npm: Shape, plugin: Shape, required: boolean): string[] {
  if (typeof npm === "string" || typeof plugin === "string") {
    return npm === plugin ? [] : [`${where}: ${kind(npm)} in npm, ${kind(plugin)} in the plugin`];
  }
  if ("array" in npm && "array" in plugin) {
    return compare(`${where}[]`, npm.array, plugin.array, required);
  }
  if ("map" in npm && "map" in plugin) return compare(`${where}{}`, npm.map, plugin.map, required);
  if (!("object" in npm && "object" in plugin)) {
    return [`${where}: ${kind(npm)} in npm, ${kind(plugin)} in the plugin`];
  }
  const names = [...new Set([...Object.keys(npm.object), ...Object.keys(plugin.object)])].sort();
  return names.flatMap((name) => {
    const [here, there] = [npm.object[name], plugin.object[name]];
    const path = `${where}.${name}`;
    if (there === undefined) return [`${path}: not in the plugin`];
    if (here === undefined) return [`${path}: not in npm`];
    const differs = required && npm.required.includes(name) !== plugin.required.includes(name);
    const must = npm.required.includes(name) ? "npm" : "the plugin";
    return [
      ...(differs ? [`${path}: required only in ${must}`] : []),
      ...compare(path, here, there, required),
    ];
  });
}

function kind(shape: Shape): string {
  return typeof shape === "string" ? shape : (Object.keys(shape)[0] ?? "nothing");
}

function compareMember(token: string, readNpm: () => Member, plugin: Member | undefined): string[] {
  if (plugin === undefined) return [`${token}: not in the plugin`];
  const npm = readNpm();
  return [
    ...compare(`${token} inputs`, npm.inputs, plugin.inputs, true),
    // What a resource gives back is never required in the typings' sense.
    ...compare(`${token} outputs`, npm.outputs, plugin.outputs, false),
  ];
}

const typings = new Typings();
const resources = sentTokens(/static __pulumiType = '(docker:[^']+)'/g);
const functions = sentTokens(/invoke\("(docker:[^"]+)"/g);
const lastName = (token: string) => token.slice(token.lastIndexOf(":") + 1);

function findDifferences(): string[] {
  return [
    ...resources.flatMap((token) => {
      const found = spec.resources[token];
      const readNpm = () => typings.resource(lastName(token));
      return compareMember(token, readNpm, found && pluginResource(found));
    }),
    ...functions.flatMap((token) => {
      const found = spec.functions[token];
      const plugin = found && { inputs: toObject(found.inputs), outputs: toObject(found.outputs) };
      return compareMember(token, () => typings.function(lastName(token)), plugin);
    }),
  ];
}

test("the typings are read to the depth of nested types", () => {
  const { inputs, outputs } = typings.resource("Container");
  expect(inputs.required).toEqual(["image"]);
  expect(inputs.object.ports).toEqual({
    array: {
      object: { external: "number", internal: "number", ip: "string", protocol: "string" },
      required: ["internal"],
    },
  });
  expect(inputs.object.logOpts).toEqual({ map: "string" });
  expect(outputs.object.networkDatas).toMatchObject({ array: { object: { ipAddress: "string" } } });
  expect(typings.function("getLogs").inputs.required).toEqual(["name"]);
});

test("resources and functions that the npm package has are found", () => {
  expect(resources.map(lastName)).toEqual([
    "BuildxBuilder",
    "Container",
    "Image",
    "Network",
    "Plugin",
    "RegistryImage",
    "RemoteImage",
    "Secret",
    "Service",
    "ServiceConfig",
    "Tag",
    "Volume",
  ]);
  expect(functions.map(lastName)).toEqual([
    "getLogs",
    "getNetwork",
    "getPlugin",
    "getRegistryImage",
    "getRegistryImageManifests",
    "getRemoteImage",
  ]);
});

test("the plugin's names and shapes are the npm package's, but for what is known", () => {
  expect(findDifferences()).toEqual(Object.keys(KNOWN_DIFFERENCES));
});

test("the plugin has nothing which the npm package lacks", () => {
  expect(Object.keys(spec.resources).filter((token) => !resources.includes(token))).toEqual([]);
  expect(Object.keys(spec.functions).filter((token) => !functions.includes(token))).toEqual([]);
});

test("the provider's settings are the npm package's", () => {
  const npm = typings.interface("ProviderArgs");
  expect(compare("provider", npm, pluginResource(spec.provider).inputs, false)).toEqual([]);
});

test("a renamed, retyped or missing property is told", () => {
  const npm: Shape = {
    object: { a: "string", b: { array: "number" }, c: "boolean" },
    required: ["a"],
  };
  const plugin: Shape = {
    object: { a: "number", b: { map: "number" }, d: "boolean" },
    required: [],
  };
  expect(compare("x", npm, plugin, true)).toEqual([
    "x.a: required only in npm",
    "x.a: string in npm, number in the plugin",
    "x.b: array in npm, map in the plugin",
    "x.c: not in the plugin",
    "x.d: not in npm",
  ]);
});

test("what replaces a resource is marked, so that a preview can say so", () => {
  const replacing = (token: string) =>
    Object.entries(spec.resources[token]?.inputProperties ?? {})
      .filter(
        ([, property]) => (property as { willReplaceOnChanges?: boolean }).willReplaceOnChanges,
      )
      .map(([name]) => name)
      .sort();
  expect(replacing("docker:index/volume:Volume")).toEqual([
    "driver",
    "driverOpts",
    "labels",
    "name",
  ]);
  const container = replacing("docker:index/container:Container");
  expect(container).toContain("image");
  expect(container).not.toContain("memory");
});

test("the plugin has the npm package's version", () => {
  expect(spec.version).toBe("5.2.0");
});
