import { printable } from "./printable.ts";

/** What stands before a migration's name; a repeatable one has no version. */
export const labelText = ({ label }: { readonly label: string }): string =>
  label === "" ? "R" : printable(label);
