import { expect, test } from "vitest";
import { auditOf, saidOf } from "../../support/audited.ts";

const OPTIONS = JSON.stringify({
  placeholders: { table: { kind: "identifier" }, env: { kind: "raw" }, days: { kind: "literal" } },
  allow: ["dblink"],
});
const UP =
  "CREATE TABLE ${table} (a int DEFAULT ${days});\nCREATE TABLE a_${env} ();\nSELECT dblink('', 'x');\nDROP TABLE b;";

test("of a bundle's own, placeholders have values, and what bundle.json allows is allowed", async () => {
  const found = await auditOf({ "bundle.json": OPTIONS, "1_x.sql": UP }, "paws-migrate");
  expect(saidOf(found)).toEqual(["name-numbered 1_x.sql", "drops-data 1_x.sql:4"]);
  expect(found.files[0]?.objects.map(({ name }) => name)).toEqual(["table", "a_env", "b"]);
});

test("one that bundle.json does not declare is refused at its place", async () => {
  const files = { "bundle.json": OPTIONS, "1_x.sql": `${UP}\nDROP TABLE \${c};` };
  expect(saidOf(await auditOf(files, "paws-migrate"))).toContain("refused 1_x.sql:5");
});
