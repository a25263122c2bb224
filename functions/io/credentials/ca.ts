import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { type Fault, fault } from "#engine/errors.ts";
import { FUNCTION_ENVIRONMENT } from "../contract.ts";
import { certificatesOf, rootsFor } from "./roots.ts";

export interface CaRequest {
  /** As configured; null for the shipped roots. */
  readonly file: string | null;
  /** The folder that a relative file is in. */
  readonly folder: string;
  /** Where the database is. */
  readonly region: string;
}

/** The accepted roots as PEM text, or why there are none: `bad-configuration`. */
export function findRoots({ file, folder, region }: CaRequest): string | Fault {
  return file === null ? ofRegion(region) : ofFile(file, resolve(folder, file));
}

function ofRegion(region: string): string | Fault {
  const roots = rootsFor(region);
  if (roots !== null) return roots;
  const url = `https://truststore.pki.rds.amazonaws.com/${region}/${region}-bundle.pem`;
  const message = `The roots that are shipped have none of RDS in ${region}, and neither has the runtime.`;
  const remedy = `Download ${url}, put it beside the code and name it in ${FUNCTION_ENVIRONMENT.ca_file} (database.caFile of the configuration).`;
  return fault("bad-configuration", message, { remedy });
}

function ofFile(file: string, path: string): string | Fault {
  const wrong = (what: string): Fault =>
    fault("bad-configuration", `${FUNCTION_ENVIRONMENT.ca_file} names ${file}, which ${what}.`);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    return wrong(`cannot be read (${(error as NodeJS.ErrnoException).code ?? "an error"})`);
  }
  // A file of which nothing can be used would refuse every server, and say that the server is at fault.
  return certificatesOf(text).length > 0 ? text : wrong("holds no certificate in PEM form");
}
