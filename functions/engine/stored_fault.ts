import { ERROR_CODES, type ErrorCode } from "./error_codes.ts";
import { type Fault, fault } from "./errors.ts";
import { fieldsThat, isNumber, isObject, isText, objectsOf, orNull } from "./stored_json.ts";

const isCode = (value: unknown): value is ErrorCode => isText(value) && Object.hasOwn(ERROR_CODES, value);
const isSqlstate = (value: unknown): value is string => isText(value) && /^[0-9A-Z]{5}$/.test(value);

/** A fault as a column holds it; null where it is none. Of a code that this release does not know it says so. */
export function toStoredFault(value: unknown): Fault | null {
  if (!isObject(value)) return null;
  const message = isText(value.message) ? value.message : "";
  const more = fieldsThat<Omit<Fault, "code" | "message">>(value, {
    remedy: isText,
    file: orNull(isText),
    line: orNull(isNumber),
    column: orNull(isNumber),
    excerpt: orNull(isText),
    sqlstate: orNull(isSqlstate),
    detail: orNull(isText),
    hint: orNull(isText),
    where: orNull(isText),
  });
  // Its texts were cut when they were new; cut again they would not be the same.
  if (isCode(value.code)) return { ...fault(value.code, ""), ...more, message };
  const said = `${isText(value.code) ? value.code : "no code"}: ${message}`;
  return { ...fault("unknown-code", ""), ...more, message: said };
}

export const toStoredFaults = (value: unknown): readonly Fault[] =>
  objectsOf(value).flatMap((one) => toStoredFault(one) ?? []);
