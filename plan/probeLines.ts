/** `NAME<tab>VALUE` lines, several of a name in their order. */
export class ProbeLines {
  readonly #values = new Map<string, string[]>();

  constructor(output: string) {
    for (const line of output.split("\n")) {
      if (line === "") continue;
      const tab = line.indexOf("\t");
      if (tab < 0) throw new Error(`the GPU probe printed an unexpected line: ${line}`);
      const name = line.slice(0, tab);
      this.#values.set(name, [...this.all(name), line.slice(tab + 1)]);
    }
  }

  all(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  one(name: string): string | undefined {
    return this.all(name)[0];
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }
}
