import type { Contents, LeftOut } from "./contents.ts";
import type { CatalogObject } from "./snapshot.ts";

/** An object that is not the same in two databases; null where one has none. */
export interface Difference {
  readonly kind: string;
  readonly identity: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** Objects that only one of two databases has, or that are defined differently, in order of identity. */
export function schemaDifferences(
  before: readonly CatalogObject[],
  after: readonly CatalogObject[],
): readonly Difference[] {
  const keyed = (objects: readonly CatalogObject[]) =>
    new Map(objects.map((one) => [`${one.kind} ${one.identity}`, one]));
  const [old, now] = [keyed(before), keyed(after)];
  return [...new Set([...old.keys(), ...now.keys()])].sort().flatMap((key) => {
    const [one, other] = [old.get(key), now.get(key)];
    const either = one ?? other;
    if (either === undefined || one?.definition === other?.definition) return [];
    const { kind, identity } = either;
    return [{ kind, identity, before: one?.definition ?? null, after: other?.definition ?? null }];
  });
}

/** Tables of which one database holds more rows than the other. */
export const countDifferences = (before: Contents, after: Contents): readonly Difference[] =>
  tablesOfBoth(before, after).flatMap(({ table, one, other }) =>
    one.rows === other.rows
      ? []
      : [{ kind: "rows", identity: table, before: `${one.rows} rows`, after: `${other.rows} rows` }],
  );

/** Tables whose rows differ, and sequences that are not equally far. */
export function valueDifferences(before: Contents, after: Contents): readonly Difference[] {
  const values = tablesOfBoth(before, after).flatMap(({ table, one, other }): readonly Difference[] => {
    if (one.digest === other.digest) return [];
    const columns = [...one.columns.keys()].filter(
      (name) => one.columns.get(name) !== other.columns.get(name),
    );
    const which = columns.length === 0 ? "the same values in other rows" : `values of ${columns.join(", ")}`;
    return [{ kind: "rows", identity: table, before: which, after: "others" }];
  });
  const positions = [...before.positions].flatMap(([identity, at]): readonly Difference[] => {
    const now = after.positions.get(identity) ?? at;
    return now === at ? [] : [{ kind: "position of sequence", identity, before: at, after: now }];
  });
  return [...values, ...positions];
}

/** Columns whose values are others each time, as two databases show in which the very same was done. */
export function volatileColumns(one: Contents, again: Contents): LeftOut {
  const found = tablesOfBoth(one, again).flatMap(({ table, one, other }) => {
    const names = [...one.columns.keys()].filter((name) => one.columns.get(name) !== other.columns.get(name));
    return names.length === 0 ? [] : [[table, new Set(names)] as const];
  });
  return new Map(found);
}

const tablesOfBoth = (before: Contents, after: Contents) =>
  [...before.tables].flatMap(([table, one]) => {
    const other = after.tables.get(table);
    return other === undefined ? [] : [{ table, one, other }];
  });
