import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import ts from "typescript";

/** What a property looks like, without names of types. */
export type Shape =
  | "string"
  | "number"
  | "boolean"
  | { array: Shape }
  | { map: Shape }
  | ObjectShape;
export interface ObjectShape {
  readonly object: Readonly<Record<string, Shape>>;
  readonly required: readonly string[];
}
/** A resource or a function. */
export interface Member {
  readonly inputs: ObjectShape;
  readonly outputs: ObjectShape;
}

const packageFolder = dirname(
  createRequire(import.meta.url).resolve("@pulumi/docker/package.json"),
);

/** Reads the typings as they are written: resolved types would lose the names of the wrappers. */
export class Typings {
  readonly #interfaces = new Map<string, ts.InterfaceDeclaration>();
  readonly #classes = new Map<string, ts.ClassDeclaration>();

  constructor() {
    for (const name of ["types/input", "types/output", ...this.modules()]) {
      const file = join(packageFolder, `${name}.d.ts`);
      const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest);
      const prefix = name.startsWith("types/") ? `${name.slice(6)}s.` : "";
      for (const statement of source.statements) {
        if (ts.isInterfaceDeclaration(statement)) {
          this.#interfaces.set(prefix + statement.name.text, statement);
        } else if (ts.isClassDeclaration(statement) && statement.name) {
          this.#classes.set(statement.name.text, statement);
        }
      }
    }
  }

  modules(): string[] {
    return readdirSync(packageFolder)
      .filter((file) => file.endsWith(".d.ts"))
      .map((file) => file.slice(0, -".d.ts".length));
  }

  resource(name: string): Member {
    const members = this.#classes.get(name)?.members.filter(ts.isPropertyDeclaration) ?? [];
    const outputs = members.filter(({ type }) => nameOf(type) === "pulumi.Output");
    return { inputs: this.interface(`${name}Args`), outputs: this.#properties(outputs) };
  }

  function(name: string): Member {
    const title = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
    return { inputs: this.interface(`${title}Args`), outputs: this.interface(`${title}Result`) };
  }

  interface(name: string): ObjectShape {
    const found = this.#interfaces.get(name);
    if (found === undefined) throw new Error(`@pulumi/docker has no interface ${name}`);
    return this.#properties(found.members.filter(ts.isPropertySignature));
  }

  #properties(members: readonly (ts.PropertySignature | ts.PropertyDeclaration)[]): ObjectShape {
    const named = members.map((member) => [(member.name as ts.Identifier).text, member] as const);
    return {
      object: Object.fromEntries(named.map(([name, { type }]) => [name, this.#shape(type)])),
      required: named.filter(([, member]) => !member.questionToken).map(([name]) => name),
    };
  }

  #shape(node: ts.TypeNode | undefined): Shape {
    if (node === undefined) throw new Error("a property without a type");
    if (ts.isParenthesizedTypeNode(node)) return this.#shape(node.type);
    if (ts.isArrayTypeNode(node)) return { array: this.#shape(node.elementType) };
    if (ts.isUnionTypeNode(node)) {
      const [type, ...others] = node.types.filter((t) => t.kind !== ts.SyntaxKind.UndefinedKeyword);
      if (others.length > 0) throw new Error("a union of several types");
      return this.#shape(type);
    }
    if (ts.isTypeLiteralNode(node)) {
      const [member] = node.members;
      if (member && ts.isIndexSignatureDeclaration(member))
        return { map: this.#shape(member.type) };
    }
    if (node.kind === ts.SyntaxKind.StringKeyword) return "string";
    if (node.kind === ts.SyntaxKind.NumberKeyword) return "number";
    if (node.kind === ts.SyntaxKind.BooleanKeyword) return "boolean";
    const name = nameOf(node);
    if (name === "pulumi.Input" || name === "pulumi.Output") {
      return this.#shape((node as ts.TypeReferenceNode).typeArguments?.[0]);
    }
    if (name !== undefined) return this.interface(name);
    throw new Error(`cannot read a type of kind ${ts.SyntaxKind[node.kind]}`);
  }
}

/** The dotted name of a reference: `pulumi.Input`, `inputs.ContainerPort`. */
function nameOf(node: ts.TypeNode | undefined): string | undefined {
  if (node === undefined || !ts.isTypeReferenceNode(node)) return undefined;
  const { typeName } = node;
  return ts.isIdentifier(typeName)
    ? typeName.text
    : `${(typeName.left as ts.Identifier).text}.${typeName.right.text}`;
}

/** The tokens that the package's code sends. */
export function sentTokens(pattern: RegExp): string[] {
  const files = readdirSync(packageFolder).filter((file) => file.endsWith(".js"));
  const sent = files.flatMap((file) =>
    [...readFileSync(join(packageFolder, file), "utf8").matchAll(pattern)].map(
      ([, token]) => token,
    ),
  );
  return [...new Set(sent.filter((token) => token !== undefined))].sort();
}
