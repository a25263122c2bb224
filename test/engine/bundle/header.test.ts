import { expect, test } from "vitest";
import { readHeader } from "#engine/script/script.ts";

const NONE = {
  description: null,
  author: null,
  date: null,
  epic: null,
  story: null,
  dependencies: null,
  breaking_changes: null,
  data_migration: null,
  estimated_duration: null,
};

test("header and NOTES of the template", () => {
  const text = [
    "-- Migration: rooms",
    "-- Description: Adds rooms: three tables ",
    "-- Author: Jo",
    "-- Date: 2025-01-02",
    "-- Epic: EPIC-001",
    "-- Story: STORY-007",
    "BEGIN;",
    "-- Author: not this one",
    "COMMIT;",
    "-- ====",
    "-- NOTES",
    "-- ====",
    "-- Dependencies: 20250101_000000",
    "-- Breaking Changes: No",
    "--   Data Migration: Yes - fills rooms",
    "-- Estimated Duration: 2s",
  ].join("\r\n");
  expect(readHeader(text)).toEqual({
    description: "Adds rooms: three tables",
    author: "Jo",
    date: "2025-01-02",
    epic: "EPIC-001",
    story: "STORY-007",
    dependencies: "20250101_000000",
    breaking_changes: "No",
    data_migration: "Yes - fills rooms",
    estimated_duration: "2s",
  });
});

test("absent, empty and untouched placeholders", () => {
  expect(readHeader("")).toEqual(NONE);
  expect(readHeader("-- Description: [WHAT THIS MIGRATION DOES]\n-- Author:\nSELECT 1;")).toEqual(NONE);
  expect(readHeader("-- Dependencies: outside of NOTES\nSELECT 1;")).toEqual(NONE);
});

test("the first of a key counts", () => {
  expect(readHeader("-- Author: Jo\n-- author: Al").author).toBe("Jo");
});
