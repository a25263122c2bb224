import type { ReportHead } from "../report.ts";
import type { Audit } from "./audit.ts";

/** Of `audit`: what was found is no failure of it. */
export interface AuditReport extends ReportHead, Audit {
  readonly command: "audit";
  /** As it was named. */
  readonly folder: string;
}
