import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";

/** Whether there is a file whose first certificate can be read, in the form that the functions read: PEM, and not DER. */
export function holdsCertificates(file: string): boolean {
  try {
    const text = readFileSync(file, "utf8");
    return text.includes("-----BEGIN CERTIFICATE-----") && new X509Certificate(text).subject !== undefined;
  } catch {
    return false;
  }
}
