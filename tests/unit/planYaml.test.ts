import { describe, expect, test } from "vitest";
import { formatProblem } from "../../plan/errors";
import { formatPath, isRecord, type Path, parseYaml } from "../../plan/yamlDocument";

const messages = (text: string) => parseYaml("x.yaml", text).problems.map(formatProblem);

test.each<[string, string, unknown]>([
  ["nothing", "", {}],
  ["comments alone", "# only\n\n# comments", {}],
  ["a mapping", "a: 1\nb: [x, true, ~]", { a: 1, b: ["x", true, null] }],
  [
    "anchors, aliases and merge keys",
    "a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\nc: *a",
    {
      a: { x: 1, y: 2 },
      b: { x: 1, y: 3 },
      c: { x: 1, y: 2 },
    },
  ],
  ["keys as text", "1: a\ntrue: b\nnull: c", { "1": "a", true: "b", null: "c" }],
  ["core tags", "a: !!str 5\nb: !!int 5\nc: !!seq [1]", { a: "5", b: 5, c: [1] }],
  [
    "YAML 1.2's words",
    "a: yes\nb: no\nc: on\nd: True\ne: Null",
    {
      a: "yes",
      b: "no",
      c: "on",
      d: true,
      e: null,
    },
  ],
  ["a quoted number or date", "a: \"0022\"\nb: '2001-12-14'", { a: "0022", b: "2001-12-14" }],
  ["a key that looks like a number", "0022: a\n2001-12-14: b", { "0022": "a", "2001-12-14": "b" }],
  ["block texts", "a: |\n  1_000\nb: >-\n  0022\n", { a: "1_000\n", b: "0022" }],
  ["the directive of YAML 1.2", "%YAML 1.2\n---\na: yes", { a: "yes" }],
])("%s is read", (_what, text, value) => {
  const document = parseYaml("x.yaml", text);
  expect(document.problems).toEqual([]);
  expect(document.value).toEqual(value);
});

test.each<[string, string, string[]]>([
  ["a list at the root", "- 1", ["x.yaml:1: the file must hold a mapping of keys to values"]],
  ["a text at the root", "hello", ["x.yaml:1: the file must hold a mapping of keys to values"]],
  ["a key twice", "a: 1\nb: 2\na: 3", ["x.yaml:3: not valid YAML: Map keys must be unique"]],
  [
    "a key twice, spelled as number and text",
    '1: a\n"1": b',
    ["x.yaml:2: not valid YAML: Map keys must be unique"],
  ],
  [
    "two faults",
    "a: 1\na: 2\nb: 1\nb: 2",
    [
      "x.yaml:2: not valid YAML: Map keys must be unique",
      "x.yaml:4: not valid YAML: Map keys must be unique",
    ],
  ],
  [
    "a tab as indentation",
    "a:\n\tb: 1",
    ["x.yaml:2: not valid YAML: Tabs are not allowed as indentation"],
  ],
  [
    "an open list",
    "a: [1, 2",
    [
      "x.yaml:1: not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]",
    ],
  ],
  [
    "two documents",
    "a: 1\n---\nb: 2",
    [
      "x.yaml:2: not valid YAML: Source contains multiple documents; please use YAML.parseAllDocuments()",
    ],
  ],
  [
    "a list as a key",
    "a: 1\n? [b]\n: 1",
    ["x.yaml:2: not valid YAML: With stringKeys, all keys must be strings"],
  ],
  [
    "an alias without its anchor",
    "a: 1\nb:\n  c: *nobody",
    ["x.yaml:3: not valid YAML: no anchor &nobody stands before this alias"],
  ],
  [
    "an anchor after its alias",
    "a: *late\nb: &late 1",
    ["x.yaml:1: not valid YAML: no anchor &late stands before this alias"],
  ],
  [
    "Compose's own tags",
    "a: 1\nb: !reset null\nc: !override [1]",
    [
      "x.yaml:2: the tag !reset is not understood. Remove it",
      "x.yaml:3: the tag !override is not understood. Remove it",
    ],
  ],
  [
    "a tag that makes an object",
    "a: !!timestamp 2001-01-01\nb: !!binary aGk=\nc: !!set {x}",
    [
      "x.yaml:1: the tag tag:yaml.org,2002:timestamp is not understood. Remove it",
      "x.yaml:2: the tag tag:yaml.org,2002:binary is not understood. Remove it",
      "x.yaml:3: the tag tag:yaml.org,2002:set is not understood. Remove it",
    ],
  ],
  [
    "another version of YAML",
    "%YAML 1.1\n---\na: yes",
    ["x.yaml:1: only YAML 1.2 is read. Remove the %YAML directive"],
  ],
  [
    "a key that would set a prototype",
    "a:\n  __proto__: {b: 1}",
    ['x.yaml:2: the key "__proto__" is not accepted'],
  ],
  [
    "a merge that does not merge a mapping",
    "a: 1\n<<: 5",
    ["x.yaml:1: not valid YAML: Merge sources must be maps or map aliases"],
  ],
])("%s is refused with its line", (_what, text, told) => {
  expect(messages(text)).toEqual(told);
  expect(parseYaml("x.yaml", text).value).toBeUndefined();
});

describe("numbers and dates that Go's reader takes otherwise", () => {
  test.each([
    "0022",
    "-0022",
    "00",
    "1_000",
    "1_0.5",
    "0b11",
    "0o17",
    "0x1F",
    "+5",
    "+0x1f",
    "1e6",
    "1.5e3",
    ".5",
    "5.",
    "1234567.5",
    "0.00001",
    "1.1234567890",
    "1234567890123456",
    "12345678901234567890",
    ".inf",
    "-.Inf",
    ".nan",
    "2001-12-14",
    "2001-1-1",
    "2001-12-14T21:59:43Z",
    "2001-12-14 21:59:43",
  ])("%s is refused", (scalar) => {
    const what = "is a number or date that not every YAML reader takes for the same";
    const fix = "Write it plainly or put it in quotes";
    expect(messages(`a:\n  - ${scalar}`)).toEqual([`x.yaml:2: ${scalar} ${what}. ${fix}`]);
    expect(messages(`a:\n  - "${scalar}"`)).toEqual([]);
  });

  test.each([
    ["0", 0],
    ["-7", -7],
    ["123456789012345", 123456789012345],
    ["0.5", 0.5],
    ["1.10", 1.1],
    ["999999.5", 999999.5],
    ["0.0001", 0.0001],
    ["0.0", 0],
    ["1.2.3", "1.2.3"],
    ["127.0.0.1", "127.0.0.1"],
    ["5m", "5m"],
    ["1h30m", "1h30m"],
    ["deadbeef", "deadbeef"],
    ["v1", "v1"],
    ["20-01-01", "20-01-01"],
    ["2001-12-14x", "2001-12-14x"],
  ])("%s is read as %j", (scalar, value) => {
    expect(parseYaml("x.yaml", `a: ${scalar}`)).toMatchObject({
      problems: [],
      value: { a: value },
    });
  });
});

test("an alias bomb is refused instead of blown up", () => {
  const layers = ["l0: &l0 [x, x, x, x, x, x, x, x, x, x]"];
  for (let depth = 1; depth < 9; depth += 1) {
    const aliases = Array.from({ length: 10 }, () => `*l${depth - 1}`).join(", ");
    layers.push(`l${depth}: &l${depth} [${aliases}]`);
  }
  const started = performance.now();
  expect(messages(layers.join("\n"))).toEqual([
    "x.yaml:1: not valid YAML: Excessive alias count indicates a resource exhaustion attack",
  ]);
  expect(performance.now() - started).toBeLessThan(2000);
});

test.each([
  ["of lists", "[".repeat(50_000)],
  ["of closed lists", `a: ${"[".repeat(20_000)}${"]".repeat(20_000)}`],
  ["of mappings", Array.from({ length: 3000 }, (_, depth) => `${" ".repeat(depth)}a:`).join("\n")],
])("a tower %s is one problem, not an overflow", (_what, text) => {
  const told = messages(text);
  expect(told).toHaveLength(1);
  expect(told[0]).toMatch(/^x\.yaml:\d+: not valid YAML: nested too deeply$/);
});

describe("locate", () => {
  const document = parseYaml(
    "dir/x.yaml",
    "# heading\na:\n  b:\n    - one\n    - c: 1\n      d: 2\n\ne: &e\n  f: 1\ng: *e\nh: {i: 1,\n  j: 2}\n5: k\n",
  );
  test.each<[Path, number]>([
    [[], 1],
    [["a"], 2],
    [["a", "b"], 3],
    [["a", "b", 0], 4],
    [["a", "b", 1], 5],
    [["a", "b", 1, "d"], 6],
    // What is not in the file is at its nearest parent.
    [["a", "b", 1, "nowhere"], 5],
    [["a", "b", 7], 3],
    [["a", "nowhere", "deeper"], 2],
    // What an alias brings is where the alias stands.
    [["g", "f"], 10],
    [["h", "j"], 12],
    [["5"], 13],
  ])("%j is on line %i", (path, line) => {
    expect(document.locate(path)).toBe(`dir/x.yaml:${line}`);
  });

  test("a key that the file lacks is at the file's first line", () => {
    expect(document.locate(["nowhere"])).toBe("dir/x.yaml:1");
  });

  test("an empty file and a broken one have a place too", () => {
    expect(parseYaml("x.yaml", "").locate(["a"])).toBe("x.yaml:1");
    expect(parseYaml("x.yaml", "a: [").locate(["a"])).toBe("x.yaml:1");
  });
});

test.each<[Path, string]>([
  [[], ""],
  [["a"], "a"],
  [["a", "b", 2, "c"], "a.b[2].c"],
  [[0, "a"], "[0].a"],
])("the path %j is written %s", (path, text) => {
  expect(formatPath(path)).toBe(text);
});

test.each<[unknown, boolean]>([
  [{}, true],
  [Object.create(null), true],
  [[], false],
  [null, false],
  [undefined, false],
  ["text", false],
])("isRecord(%j) is %s", (value, is) => {
  expect(isRecord(value)).toBe(is);
});
