/** What a jsonb column or a file holds may be another release's, or another hand's: nothing of it is taken at its word. */
export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const objectsOf = (value: unknown): readonly JsonObject[] =>
  Array.isArray(value) ? value.filter(isObject) : [];

export const isText = (value: unknown): value is string => typeof value === "string";
export const isNumber = (value: unknown): value is number => Number.isFinite(value);
export const isFlag = (value: unknown): value is boolean => typeof value === "boolean";
export const isVersion = (value: unknown): value is string => isText(value) && /^\d{1,18}$/.test(value);
export const isInstant = (value: unknown): value is string =>
  isText(value) && !Number.isNaN(Date.parse(value));

export const orNull =
  <T>(is: (value: unknown) => value is T) =>
  (value: unknown): value is T | null =>
    value === null || is(value);

export const listOf =
  <T>(is: (value: unknown) => value is T) =>
  (value: unknown): value is readonly T[] =>
    Array.isArray(value) && value.every(is);

export const oneOf =
  <T extends string>(...words: readonly T[]) =>
  (value: unknown): value is T =>
    words.some((word) => word === value);

/** The fields of an object that are what they should be; the others are left out. */
export function fieldsThat<T extends object>(
  object: JsonObject,
  are: { readonly [K in keyof T]: (value: unknown) => value is T[K] },
): Partial<T> {
  const names = Object.keys(are) as (keyof T & string)[];
  const good = names.filter((name) => Object.hasOwn(object, name) && are[name](object[name]));
  return Object.fromEntries(good.map((name) => [name, object[name]])) as Partial<T>;
}

/** The object with its fields, where each of them is what it should be. */
export function wholeObject<T extends object>(
  value: unknown,
  are: { readonly [K in keyof T]: (value: unknown) => value is T[K] },
): T | null {
  if (!isObject(value)) return null;
  const fields = fieldsThat<T>(value, are);
  return Object.keys(fields).length === Object.keys(are).length ? (fields as T) : null;
}
