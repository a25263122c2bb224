import { describe, expect, test } from "vitest";
import { createName, labelOf, parseFileName, parseVersionArgument } from "#engine/bundle/names.ts";
import { statusOf } from "#engine/errors.ts";

const parse = (stem: string) => parseFileName(stem, `${stem}.sql`);

describe("a forward file's name", () => {
  test.each([
    ["20250102_120000_add_rooms_table", 20250102120000n, "20250102_120000", "add_rooms_table"],
    ["20250102120000_add_rooms_table", 20250102120000n, "20250102120000", "add_rooms_table"],
    ["20250713_keys_table", 20250713000000n, "20250713", "keys_table"],
    ["005_add_course_prerequisites", 5n, "005", "add_course_prerequisites"],
    ["20240229_000000_leap_day", 20240229000000n, "20240229_000000", "leap_day"],
    ["20250102_120000_2025_plan", 20250102120000n, "20250102_120000", "2025_plan"],
    // Five digits after the date are no time of day: they belong to the name.
    ["20250102_12000_rooms", 20250102000000n, "20250102", "12000_rooms"],
    // Eight digits that begin with neither 19 nor 20 count as they are.
    ["12345678_120000_x", 12345678n, "12345678", "120000_x"],
    ["202501021200_x", 202501021200n, "202501021200", "x"],
    ["999999999999999999_last", 999999999999999999n, "999999999999999999", "last"],
    ["001_ä name-with.anything", 1n, "001", "ä name-with.anything"],
  ])("%s", (stem, version, label, name) => {
    expect(parse(stem)).toEqual({ version, label, name });
  });

  test.each([
    ["add_rooms", "no-version"],
    ["v005_add_rooms", "no-version"],
    ["005add_rooms", "no-version"],
    ["005-add_rooms", "no-version"],
    ["005", "no-version"],
    ["005_", "no-version"],
    ["20250102_120000", "no-version"],
    ["1234567890123456789_too_long", "version-too-long"],
    ["0000000000000000001_zeros_count", "version-too-long"],
    ["0_nothing", "version-zero"],
    ["000_nothing", "version-zero"],
    ["20250230_february", "impossible-date"],
    ["20250229_no_leap_year", "impossible-date"],
    ["20251301_month", "impossible-date"],
    ["20250100_day", "impossible-date"],
    ["19991232_day", "impossible-date"],
    ["20250102_240000_hour", "impossible-date"],
    ["20250102_126000_minute", "impossible-date"],
    ["20250102_120060_second", "impossible-date"],
    ["20250230120000_february", "impossible-date"],
  ])("%s is refused: %s", (stem, code) => {
    const found = parse(stem);
    expect(found).toMatchObject({ code, file: `${stem}.sql` });
    expect("code" in found && statusOf(found)).toBe("bad_input");
    expect("code" in found && found.message).toContain(`${stem}.sql`);
  });

  test("its label is known also where the version is not real", () => {
    expect(labelOf("20250230_120000_x")).toBe("20250230_120000");
    expect(labelOf("emergency")).toBeNull();
  });
});

describe("the name that `create` is given", () => {
  test.each([
    ["add_rooms", "add_rooms"],
    ["Add Rooms Table", "add_rooms_table"],
    ["  add--rooms _ table_ ", "add_rooms_table"],
    ["2025 plan", "2025_plan"],
    ["Größe", "größe"],
    ["Gro\u0308ße", "größe"],
    ["x".repeat(100), "x".repeat(100)],
  ])("%j becomes %s", (input, name) => {
    expect(createName(input)).toBe(name);
  });

  test.each([
    ["", "no letter"],
    ["   ", "no letter"],
    ["-_-", "no letter"],
    ["x".repeat(101), "101 characters"],
    ["語".repeat(70), "200 bytes"],
    ["../etc/passwd", '"."'],
    ["a/b", '"/"'],
    ["a\\b", '"\\\\"'],
    ["a.sql", '"."'],
    ["o'brien", '"\'"'],
    ["a\nDROP TABLE x", '"\\n"'],
    ["a\0b", '"\\u0000"'],
    ["done 🎉", '"🎉"'],
  ])("%j is refused, which names %s", (input, says) => {
    const found = createName(input);
    expect(found).toMatchObject({ code: "bad-name", remedy: expect.stringContaining("letters, digits") });
    expect(typeof found !== "string" && found.message).toContain(says);
    expect(typeof found !== "string" && statusOf(found)).toBe("bad_input");
  });
});

describe("a version as an argument", () => {
  const migrations = [
    { version: 5n, label: "005" },
    { version: 20250102120000n, label: "20250102_120000" },
    { version: 20250713000000n, label: "20250713" },
  ];

  test.each([
    ["5", 5n],
    ["005", 5n],
    ["00005", 5n],
    [" 5 ", 5n],
    ["20250102_120000", 20250102120000n],
    ["20250102120000", 20250102120000n],
    ["20250713", 20250713000000n],
    ["20250713000000", 20250713000000n],
    ["20250713_000000", 20250713000000n],
  ])("%j is %s", (text, version) => {
    expect(parseVersionArgument(text, migrations)).toBe(version);
  });

  test.each(["6", "0", "-5", "5.0", "", "latest", "0x5", "20250230", "1".repeat(30), "005_add_rooms"])(
    "%j is unknown",
    (text) => {
      const found = parseVersionArgument(text, migrations);
      expect(found).toMatchObject({ code: "unknown-version" });
      expect(typeof found !== "bigint" && statusOf(found)).toBe("bad_input");
    },
  );

  test("the fault names the newest that there is", () => {
    expect(parseVersionArgument("6", migrations)).toMatchObject({
      message: "No migration has the version 6; the newest is 20250713.",
    });
    expect(parseVersionArgument("6", [])).toMatchObject({
      message: "No migration has the version 6; there is none.",
    });
  });

  test("a version of another tool's history, which no file may have", () => {
    expect(parseVersionArgument("1.2", [{ version: 1002n, label: "1.2" }])).toBe(1002n);
    expect(parseVersionArgument("20250230", [{ version: 20250230n, label: "20250230x" }])).toBe(20250230n);
  });
});
