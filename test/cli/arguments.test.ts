import { describe, expect, it } from "vitest";
import { type Arguments, parseArguments } from "../../cli/arguments.ts";
import packageFile from "../../package.json" with { type: "json" };

const parse = (line: string) => parseArguments(line === "" ? [] : line.split(" "), 100);

function called(line: string): Arguments {
  const parsed = parse(line);
  if (parsed.kind !== "call") throw new Error(JSON.stringify(parsed));
  return parsed.call;
}

function refused(line: string) {
  const parsed = parse(line);
  if (parsed.kind !== "fault") throw new Error(JSON.stringify(parsed));
  const { code, message, remedy } = parsed.fault;
  return { code, message, remedy, verb: parsed.verb };
}

function shown(line: string): string {
  const parsed = parse(line);
  if (parsed.kind !== "text") throw new Error(JSON.stringify(parsed));
  return parsed.text;
}

describe("a verb", () => {
  it("has its words and its options, and the common ones before it or behind it", () => {
    expect(called("--json up --to 5 --dir x")).toMatchObject({
      verb: "up",
      words: [],
      options: { json: true, to: "5", dir: "x", color: true },
    });
    expect(called("down 5")).toMatchObject({ verb: "down", words: ["5"], options: { verify: "last" } });
    expect(called("verify 001 002")).toMatchObject({ verb: "verify", words: ["001", "002"] });
    expect(called("create add rooms table")).toMatchObject({ words: ["add", "rooms", "table"] });
    expect(called("status --no-color").options.color).toBe(false);
  });

  it("may be spelled otherwise", () => {
    expect(called("apply --dry-run")).toMatchObject({ verb: "up", options: { dryRun: true } });
  });

  it("plan plans up unless told otherwise", () => {
    expect(called("plan").words).toEqual(["up"]);
    expect(called("plan down 5").words).toEqual(["down", "5"]);
  });
});

describe("is refused with bad-argument", () => {
  it.each([
    ["stauts", "Unknown command 'stauts'.", "Did you mean status?", null],
    ["up --setps 2", "Unknown option '--setps'.", "Did you mean --steps?", "up"],
    ["apply --nonsense", "Unknown option '--nonsense'.", "See `paws-migrate help`.", "apply"],
    ["down", "Missing required argument 'version'.", "See `paws-migrate help`.", "down"],
    [
      "up 5",
      "Too many arguments for 'up'. Expected 0 arguments but got 1.",
      "See `paws-migrate help`.",
      "up",
    ],
    [
      "rollback --steps 1 --to 2",
      "Option '--steps <number>' cannot be used with option '--to <version>'.",
      null,
      "rollback",
    ],
    ["rollback --verify some", /invalid. Allowed choices are last, all, none\.$/, null, "rollback"],
    ["create x --template y", /Allowed choices are plain, story\.$/, null, "create"],
    ["plan sideways", /Allowed choices are up, apply, rollback, down\.$/, null, "plan"],
    ["up --dir", "Option '--dir <folder>' argument missing.", null, "up"],
    ["help stauts", "Unknown command 'stauts'.", "Did you mean status?", "help"],
    ["demo --keep --stop", /cannot be used with/, null, "demo"],
    ["--json", "There is no verb.", null, null],
  ])("%s", (line, message, remedy, verb) => {
    const fault = refused(line);
    expect(fault.code).toBe("bad-argument");
    expect(fault.message).toEqual(typeof message === "string" ? message : expect.stringMatching(message));
    if (remedy !== null) expect(fault.remedy).toBe(remedy);
    expect(fault.verb).toBe(verb);
  });

  it.each(["up --password=planted", "up --passwd=planted --json", "--pass=plan'ted=x up"])(
    "%s, without repeating what may be a password",
    (line) => {
      expect(JSON.stringify(refused(line))).not.toMatch(/plan|ted/);
    },
  );
});

describe("help", () => {
  it("comes without a verb, by option and by verb", () => {
    expect(shown("")).toBe(shown("help"));
    expect(shown("")).toBe(shown("--help"));
    expect(shown("help apply")).toBe(shown("up -h"));
  });

  it("lists every verb before the options, and hides the repository's own scripts", () => {
    const text = shown("");
    for (const verb of "up|apply down rollback verify status plan create runs check demo help".split(" ")) {
      expect(text).toContain(`\n  ${verb} `);
    }
    expect(text.indexOf("Verbs:")).toBeLessThan(text.indexOf("Options:"));
    expect(text).not.toContain("seed");
    expect(text).toMatch(/[^\n]\n$/);
  });

  it("of a verb has the common options too", () => {
    const text = shown("help rollback");
    for (const option of ["--steps <number>", "--verify <which>", "--yes", "--lock-wait <time>", "--json"]) {
      expect(text).toContain(option);
    }
  });
});

it("--version is that of a bundle where a verb takes one, and the package's everywhere else", () => {
  const of = (line: string) => {
    const parsed = parseArguments(line.split(" "), 100);
    return parsed.kind === "call" ? parsed.call.options.version : parsed;
  };
  expect(of("publish --bucket b --version 1.2.0")).toBe("1.2.0");
  expect(of("bundle x --version=1.2.0 --out y")).toBe("1.2.0");
  const version = { kind: "text", text: `${packageFile.version}\n` };
  for (const line of [
    "--version",
    "--version up",
    "up --version",
    "up --version 1",
    "publish --bucket b --version",
  ]) {
    expect(of(line), line).toEqual(version);
  }
});

it("--version is the package's", () => {
  expect(shown("--version")).toBe(`${packageFile.version}\n`);
});
