import { type Fault, fault } from "#engine/errors.ts";
import type { Environment } from "./target_sources.ts";

/** Takes variables one by one, and gathers what is wrong with them: all of it is told at once. */
export class FunctionVariables {
  readonly faults: Fault[] = [];
  private readonly env: Environment;

  constructor(env: Environment) {
    this.env = env;
  }

  /** Its value; empty where it is missing or wrong, which is a fault. */
  required(name: string, wanted: string, takes: (text: string) => boolean): string {
    const text = this.env[name] ?? "";
    if (text === "") this.add(`${name} is not set; wanted ${wanted}.`);
    else if (takes(text)) return text;
    else this.add(`${name} is ${JSON.stringify(text)}; wanted ${wanted}.`);
    return "";
  }

  optional(name: string, wanted: string, takes: (text: string) => boolean): string | null {
    return (this.env[name] ?? "") === "" ? null : this.required(name, wanted, takes);
  }

  whole(name: string, otherwise: number, [least, most]: readonly [number, number]): number {
    const fits = (text: string): boolean =>
      /^\d{1,9}$/.test(text) && Number(text) >= least && Number(text) <= most;
    return Number(this.optional(name, `a whole number from ${least} to ${most}`, fits) ?? otherwise);
  }

  /** A variable that must not be there; its value is not told. */
  forbidden(name: string, why: string): void {
    if ((this.env[name] ?? "") !== "") this.add(`${name} is set, but ${why}.`);
  }

  private add(message: string): void {
    this.faults.push(fault("bad-configuration", message));
  }
}
