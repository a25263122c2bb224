import * as v from "valibot";
import { type Fault, fault, MigrationFault } from "#engine/errors.ts";
import { checkBounds } from "./event_bounds.ts";
import { BUNDLE } from "./event_fields.ts";

type EventSchema = v.ObjectSchema<v.ObjectEntries, undefined>;

/**
 * An event as `schema` has it. `exclusive` lists groups of fields of which one at most may be given. Throws a MigrationFault
 * with every fault, each with its path: `bad-event`, `wrong-target`.
 */
export function readEvent<S extends EventSchema>(
  event: unknown,
  schema: S,
  target: string,
  exclusive: readonly (readonly string[])[] = [],
): v.InferOutput<S> {
  if (typeof event !== "object" || event === null || Array.isArray(event)) {
    throw new MigrationFault(fault("bad-event", `The event is ${shown(event)}; wanted an object.`));
  }
  checkBounds(event);
  const fields = event as Readonly<Record<string, unknown>>;
  const read = v.safeParse(schema, event, { abortPipeEarly: true });
  const [first, ...rest] = [
    ...strangers(fields, schema.entries, ""),
    ...strangers(fieldsOf(fields.bundle), BUNDLE.entries, "bundle."),
    ...(read.issues ?? []).map(issueFault),
    ...exclusive.flatMap((names) => onlyOneOf(fields, names)),
    ...wrongTarget(fields.target, target),
  ];
  if (first !== undefined) throw new MigrationFault(first, ...rest);
  return read.output as v.InferOutput<S>;
}

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};

/** Fields that nobody reads. Own names alone count: `constructor` is one too. */
function strangers(fields: object, known: object, path: string): readonly Fault[] {
  return Object.keys(fields)
    .filter((name) => !Object.hasOwn(known, name))
    .map((name) => fault("bad-event", `${path}${shownName(name)} is no field of this event.`));
}

function issueFault(issue: v.BaseIssue<unknown>): Fault {
  const path = v.getDotPath(issue) ?? "The event";
  return fault("bad-event", `${path} is ${shown(issue.input)}; wanted ${issue.message}.`);
}

/** `false` is as good as absent. */
function onlyOneOf(fields: Readonly<Record<string, unknown>>, names: readonly string[]): readonly Fault[] {
  const there = (name: string): boolean => Object.hasOwn(fields, name) && fields[name] !== false;
  const given = names.filter(there);
  if (given.length < 2) return [];
  return [fault("bad-event", `${given.join(" and ")} exclude each other; give one of them.`)];
}

function wrongTarget(given: unknown, target: string): readonly Fault[] {
  if (typeof given !== "string" || given === target) return [];
  return [
    fault(
      "wrong-target",
      `The event is for ${shown(given)}, and this function's target is ${shown(target)}.`,
    ),
  ];
}

const SHOWN = 60;

/** A value as a message may hold it: short, quoted, on one line. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  // JSON has numbers that are too large for us, and then no word for what we have.
  const text = typeof value === "number" ? String(value) : (JSON.stringify(value) ?? typeof value);
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN)} ...`;
}

const shownName = (name: string): string => (/^[\w-]{1,60}$/.test(name) ? name : shown(name));
