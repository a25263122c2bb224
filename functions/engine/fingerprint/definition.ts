/** A query of kind, identity and definition; what a part does not say is left out of the definition. */
export const objects = (
  ctes: string,
  kind: string,
  identity: string,
  definition: readonly string[],
  from: string,
): string => `WITH ${ctes} SELECT '${kind}', (${identity})::text,
  pg_catalog.concat_ws(' ', ${definition.map((part) => `(${part})::text`).join(", ")})
  FROM ${from}`;

/** A value under its name, or nothing. */
export const said = (name: string, value: string): string => `'${name} ' || (${value})::text`;

export const comment = (value: string): string => `'comment ' || pg_catalog.quote_literal(${value})`;

export const owner = (column: string): string => said("owner", `pg_catalog.pg_get_userbyid(${column})`);

/** In an order that does not depend on when they were granted; where nothing was, what is so without. */
export const privileges = (column: string, kind: string, owner: string): string =>
  said(
    "grants",
    `(SELECT pg_catalog.string_agg(item::text, ',' ORDER BY item::text COLLATE "C")
      FROM pg_catalog.unnest(coalesce(${column}, pg_catalog.acldefault(${kind}, ${owner}))) item)`,
  );
