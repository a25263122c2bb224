import { expect, it } from "vitest";
import { makeRedactor } from "../../cli/redact.ts";

it("masks passwords in every string, at any depth, also percent-encoded", () => {
  const redactor = makeRedactor();
  redactor.learn("s@cret/1");
  redactor.learn("other");
  const value = {
    message: "s@cret/1 and postgres://u:s%40cret%2F1@h",
    list: [{ detail: "another other" }, 5, null, true],
  };
  expect(redactor.clean(value)).toEqual({
    message: "*** and postgres://u:***@h",
    list: [{ detail: "an*** ***" }, 5, null, true],
  });
});

it("breaks no report: names that are shown anyway, closed lists and short words stay", () => {
  const redactor = makeRedactor();
  for (const password of ["paws360", "failed", "abc", ""]) redactor.learn(password);
  redactor.spare("paws360", "localhost");
  const report = {
    command: "up",
    status: "failed",
    target: { database: "paws360" },
    message: "it failed: abc",
  };
  expect(redactor.clean(report)).toEqual({ ...report, message: "it ***: abc" });
});
