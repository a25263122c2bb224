import { expect, it } from "vitest";
import { parseDatabaseUrl } from "#io/database_url.ts";

it("takes a URL apart", () => {
  expect(
    parseDatabaseUrl("postgresql://ann:s%40cret@db.example:6543/school?sslmode=require&schema=x", "URL"),
  ).toEqual({
    host: "db.example",
    port: "6543",
    database: "school",
    user: "ann",
    password: "s@cret",
    sslmode: "require",
    unused: ["schema"],
  });
});

it("leaves absent what the URL leaves out", () => {
  expect(parseDatabaseUrl("postgres:///school", "URL")).toEqual({ database: "school", unused: [] });
  expect(parseDatabaseUrl("postgres://[::1]/", "URL")).toEqual({ host: "::1", unused: [] });
});

it("knows sockets, and takes parameters over the authority as libpq does", () => {
  expect(parseDatabaseUrl("postgresql://%2Fvar%2Frun/school", "URL")).toMatchObject({ host: "/var/run" });
  expect(parseDatabaseUrl("postgresql:///?host=/tmp&dbname=school&user=ann&port=1", "URL")).toEqual({
    host: "/tmp",
    database: "school",
    user: "ann",
    port: "1",
    unused: [],
  });
});

it.each([
  "mysql://ann:planted@db/x",
  "host=db password=planted",
  "postgres://ann:pl#anted@db/x",
  "postgres://ann:planted%zz@db/x",
])("refuses %s by the name of where it stood, without repeating it", (text) => {
  const refused = parseDatabaseUrl(text, "DATABASE_URL");
  expect(refused).toMatchObject({ code: "bad-argument" });
  expect(JSON.stringify(refused)).toContain("DATABASE_URL");
  expect(JSON.stringify(refused)).not.toMatch(/planted|anted@/);
});
