import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatBytes, formatDuration, parseBytes, parseDuration } from "../../plan/quantities";

const SECOND = 1e9;

describe("durations", () => {
  // Left what a person writes, right what Go's Duration.String() makes of it.
  test.each([
    ["0s", 0, "0s"],
    ["0ms", 0, "0s"],
    ["1ns", 1, "1ns"],
    ["999ns", 999, "999ns"],
    ["1us", 1e3, "1µs"],
    ["1µs", 1e3, "1µs"],
    ["1.5us", 1500, "1.5µs"],
    ["250us", 250e3, "250µs"],
    ["1ms", 1e6, "1ms"],
    ["1500us", 1.5e6, "1.5ms"],
    ["500ms", 500e6, "500ms"],
    ["0.5s", 500e6, "500ms"],
    ["999.999999ms", 999_999_999, "999.999999ms"],
    ["1s", SECOND, "1s"],
    ["1500ms", 1.5 * SECOND, "1.5s"],
    ["1.000000001s", SECOND + 1, "1.000000001s"],
    ["5s", 5 * SECOND, "5s"],
    ["60s", 60 * SECOND, "1m0s"],
    ["90s", 90 * SECOND, "1m30s"],
    ["1m30s", 90 * SECOND, "1m30s"],
    ["1m0.5s", 60.5 * SECOND, "1m0.5s"],
    ["59m59s", 3599 * SECOND, "59m59s"],
    ["1h", 3600 * SECOND, "1h0m0s"],
    ["1.5h", 5400 * SECOND, "1h30m0s"],
    ["1h1s", 3601 * SECOND, "1h0m1s"],
    ["24h", 86_400 * SECOND, "24h0m0s"],
    ["100h", 360_000 * SECOND, "100h0m0s"],
    ["1s1s", 2 * SECOND, "2s"],
    ["007s", 7 * SECOND, "7s"],
  ])("%s is %d ns, written %s", (text, nanoseconds, canonical) => {
    expect(parseDuration(text)).toBe(nanoseconds);
    expect(formatDuration(nanoseconds)).toBe(canonical);
    expect(parseDuration(canonical)).toBe(nanoseconds);
  });

  test.each([
    "",
    " ",
    "5",
    "s",
    "5 s",
    " 5s",
    "5s ",
    "-5s",
    "+5s",
    "5S",
    "1d",
    "1w",
    ".5s",
    "5.s",
    "1e3s",
    "1,5s",
    "5sec",
    "1m 30s",
    "soon",
    "9007199254741s",
    "99999999999999999999h",
    "5s\n",
    "𝟓s",
  ])("%j is no duration", (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  test("the longest is what a number holds exactly, 104 days", () => {
    expect(parseDuration("9007199254740991ns")).toBe(Number.MAX_SAFE_INTEGER);
    expect(parseDuration("9007199254740992ns")).toBeUndefined();
    expect(formatDuration(Number.MAX_SAFE_INTEGER)).toBe("2501h59m59.254740991s");
  });

  test("whatever is written is read back as the same", () => {
    const anyScale = fc
      .tuple(fc.integer({ min: 0, max: 15 }), fc.maxSafeNat())
      .map(([digits, value]) => value % 10 ** (digits + 1));
    fc.assert(
      fc.property(
        anyScale,
        (nanoseconds) => parseDuration(formatDuration(nanoseconds)) === nanoseconds,
      ),
      { numRuns: 2000 },
    );
  });

  test("what is written is of Go's form: no blank, no leading zero, no trailing zero in a fraction", () => {
    const form =
      /^(?:0s|[1-9]\d{0,2}(?:\.\d{0,2}[1-9])?µs|[1-9]\d{0,2}ns|[1-9]\d{0,2}(?:\.\d{0,5}[1-9])?ms|(?:(?:[1-9]\d*h)?\d{1,2}m)?\d{1,2}(?:\.\d{0,8}[1-9])?s)$/;
    fc.assert(fc.property(fc.maxSafeNat(), (value) => form.test(formatDuration(value))));
    fc.assert(fc.property(fc.nat(2_000_000), (value) => form.test(formatDuration(value))));
  });

  test("parts add up in any order and spelling", () => {
    const part = fc.record({
      amount: fc.nat(1000),
      unit: fc.constantFrom(
        ["ns", 1],
        ["us", 1e3],
        ["ms", 1e6],
        ["s", 1e9],
        ["m", 60e9],
        ["h", 3600e9],
      ),
    });
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 2 }), (parts) => {
        const text = parts.map(({ amount, unit }) => `${amount}${unit[0]}`).join("");
        const sum = parts.reduce((total, { amount, unit }) => total + amount * Number(unit[1]), 0);
        return parseDuration(text) === sum;
      }),
    );
  });
});

describe("sizes", () => {
  test.each([
    ["0", 0],
    ["1", 1],
    ["1024", 1024],
    ["5b", 5],
    ["1k", 1024],
    ["1kb", 1024],
    ["1K", 1024],
    ["2m", 2 * 1024 ** 2],
    ["2mb", 2 * 1024 ** 2],
    ["512M", 512 * 1024 ** 2],
    ["16g", 16 * 1024 ** 3],
    ["16GB", 16 * 1024 ** 3],
    ["16 gb", 16 * 1024 ** 3],
    ["1.5g", 1.5 * 1024 ** 3],
    ["0.3k", 307],
    ["9007199254740991", Number.MAX_SAFE_INTEGER],
  ])("%s is %d bytes", (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  test.each([
    "",
    "g",
    "-1g",
    "+1g",
    "1t",
    "1gib",
    "1 g b",
    "1  g",
    " 1g",
    "1g ",
    "1e3",
    ".5g",
    "1.g",
    "1_000",
    "0x10",
    "much",
    "9007199254740992",
    "99999999999g",
    "1g\n",
  ])("%j is no size", (text) => {
    expect(parseBytes(text)).toBeUndefined();
  });

  test("a number of bytes without a unit is itself", () => {
    fc.assert(fc.property(fc.maxSafeNat(), (bytes) => parseBytes(String(bytes)) === bytes));
  });

  test.each([
    [0, "0 B"],
    [1023, "1023 B"],
    [1024, "1.0 KiB"],
    [1536, "1.5 KiB"],
    [156_000, "152.3 KiB"],
    [1024 ** 2, "1.0 MiB"],
    [16 * 1024 ** 3, "16.0 GiB"],
    [1.23 * 1024 ** 4, "1.2 TiB"],
    [1024 ** 5, "1.0 PiB"],
    [5000 * 1024 ** 5, "5000.0 PiB"],
  ])("%d bytes are shown as %s", (bytes, shown) => {
    expect(formatBytes(bytes)).toBe(shown);
  });
});
