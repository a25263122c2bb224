/** The functions that are made beside our tables, for who looks by SQL. They take no arguments. */
export const HELPERS = { status: "check_migration_status", integrity: "verify_schema_integrity" } as const;

export type HelperName = (typeof HELPERS)[keyof typeof HELPERS];

export const HELPER_NAMES: readonly HelperName[] = Object.values(HELPERS);

/** Begins the body of ours. A comment of the catalog would stay where somebody replaces the function. */
export const HELPER_MARK = "-- paws-migrate: made with the history's tables";

/** `theirs`: a function that a call without arguments would reach, and that no run of ours made. */
export type HelperState = "absent" | "ours" | "theirs";

/** What stands in the history's schema under the names of our functions. */
export interface Helpers {
  readonly states: Readonly<Record<HelperName, HelperState>>;
  /** Where the tables are there, this role owns them and may make a function beside them. */
  readonly may_create: boolean;
}

/** A function as the catalog has it. */
export interface FoundFunction {
  readonly name: string;
  readonly ours: boolean;
}

/** Those that are ours or will be: what somebody else made under their names is theirs to change. */
export const ownFunctions = (shape: {
  readonly kind: string;
  readonly helpers?: Helpers;
}): readonly string[] => HELPER_NAMES.filter((name) => shape.helpers?.states[name] !== "theirs");

/** Where nobody looked. */
export const helpersUnknown: Helpers = {
  states: { [HELPERS.status]: "absent", [HELPERS.integrity]: "absent" },
  may_create: false,
};

export function helpersOf(found: readonly FoundFunction[], may_create: boolean): Helpers {
  const stateOf = (name: HelperName): HelperState => {
    const named = found.filter((one) => one.name === name);
    if (named.length === 0) return "absent";
    return named.every(({ ours }) => ours) ? "ours" : "theirs";
  };
  return {
    states: {
      [HELPERS.status]: stateOf(HELPERS.status),
      [HELPERS.integrity]: stateOf(HELPERS.integrity),
    },
    may_create,
  };
}
