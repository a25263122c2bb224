import type { ErrorCode } from "../error_codes.ts";
import { type Fault, fault } from "../errors.ts";
import { type FilledText, placeIn, veiledText } from "../placeholders/filled.ts";

/** A file that is no SQL at all would fail everywhere; nobody reads more than this. */
const MOST_FAULTS = 50;

/** Gathers the faults of one file, in order of place. */
export class FaultList {
  private readonly found: { readonly offset: number; readonly fault: Fault }[] = [];
  private readonly file: FilledText & { readonly path: string };

  constructor(file: FilledText & { readonly path: string }) {
    this.file = file;
  }

  get full(): boolean {
    return this.found.length >= MOST_FAULTS;
  }

  has(code: ErrorCode): boolean {
    return this.found.some((entry) => entry.fault.code === code);
  }

  /** `offset` counts UTF-16 units of the file's text. */
  add(code: ErrorCode, message: string, offset: number, remedy?: string): void {
    if (this.full) return;
    const more = {
      file: this.file.path,
      ...placeIn(this.file, offset),
      ...(remedy === undefined ? {} : { remedy }),
    };
    this.found.push({ offset, fault: fault(code, veiledText(this.file, message), more) });
  }

  sorted(): readonly Fault[] {
    return this.found.toSorted((a, b) => a.offset - b.offset).map((entry) => entry.fault);
  }
}
