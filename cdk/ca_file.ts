import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";

/** Whether there is a PEM file whose first certificate can be read. */
export function holdsCertificates(file: string): boolean {
  try {
    return new X509Certificate(readFileSync(file)).subject !== undefined;
  } catch {
    return false;
  }
}
