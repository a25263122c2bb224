import { describe, expect, test } from "vitest";
import { accepted, sent } from "../../support/read_script.ts";

const DUMP = `--
-- PostgreSQL database dump
--
\\restrict 0aB
SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE public.a (b integer);
SET default_tablespace = '';
SET row_security = off;
\\unrestrict 0aB
`;

test("pg_dump's settings end with the step, and its limits of 0 are dropped", () => {
  expect(sent(DUMP)).toEqual([
    "SET LOCAL standard_conforming_strings = on",
    "SELECT pg_catalog.set_config('search_path', '', true)",
    "SET LOCAL check_function_bodies = false",
    "SET LOCAL xmloption = content",
    "SET LOCAL client_min_messages = warning",
    "SET LOCAL row_security = off",
    "SET LOCAL default_tablespace = ''",
    "SET LOCAL default_table_access_method = heap",
    "CREATE TABLE public.a (b integer)",
    "SET LOCAL default_tablespace = ''",
    "SET row_security = off",
  ]);
});

test("said once; what is left is what was not changed", () => {
  const script = accepted(DUMP);
  expect(script.warnings.map(({ code, line }) => [code, line])).toEqual([["prologue-adjusted", 5]]);
  expect(script.settings_left).toEqual(["row_security"]);
  expect(script.directives).toMatchObject({ lock_timeout_ms: null, statement_timeout_ms: null });
});

describe("without a prologue nothing is changed", () => {
  test.each([
    "SET client_min_messages = warning; SELECT 1",
    "SET statement_timeout = 0; SET row_security = off; SELECT 1",
    "SELECT 1; SET statement_timeout = 0; SET row_security = off; SET xmloption = content",
  ])("%s", (text) => {
    expect(sent(text)).toEqual(text.split("; "));
    expect(accepted(text).warnings).toEqual([]);
  });
});

test("other settings of its head stay, and so does a SELECT that does more", () => {
  const text = `SET statement_timeout = 0; SET xmloption = content; SET row_security = off; SET work_mem = '1GB';
    SELECT set_config('search_path', '', false), f()`;
  expect(sent(text)).toEqual([
    "SET LOCAL xmloption = content",
    "SET LOCAL row_security = off",
    "SET work_mem = '1GB'",
    "SELECT set_config('search_path', '', false), f()",
  ]);
});

test("SET SESSION becomes SET LOCAL too", () => {
  const text =
    "SET SESSION xmloption = content; set session row_security to off; SET default_tablespace = ''";
  expect(sent(text)[1]).toBe("SET LOCAL row_security to off");
});
