import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ACCESS, type Kind } from "../../cdk/access.ts";
import {
  CONFIGURATION_PAGE,
  configurationRows,
  generatedConfiguration,
} from "../support/generated_configuration.ts";

const page = readFileSync(CONFIGURATION_PAGE, "utf8");

test("the table of keys is the code's (UPDATE_DOCS=1 writes it anew)", () => {
  const { found, wanted } = generatedConfiguration();
  expect(found).toBe(wanted);
});

test("every key says what it means and what it takes", () => {
  const rows = configurationRows();
  expect(rows.length).toBeGreaterThan(50);
  for (const { key, words, wanted, preset } of rows) {
    expect(
      [words, wanted, preset].every((text) => text.length > 0),
      key,
    ).toBe(true);
  }
});

test("what each kind of role invokes is the code's", () => {
  for (const kind of Object.keys(ACCESS) as Kind[]) {
    const { invokes } = ACCESS[kind];
    const told = invokes.length === 4 ? "all four" : invokes.map((command) => `\`${command}\``).join(", ");
    expect(page).toContain(`| \`access.${kind}RoleArns\` | ${told} |`);
  }
});
