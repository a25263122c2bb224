import { applicationName } from "../application_name.ts";
import type { Message } from "../seam.ts";
import { quoteLiteral } from "../sql/quote.ts";

/**
 * Ends the backend of a connection that this run has lost, if it is still there: it would hold its locks until it
 * noticed by itself. By pid and by the run's name, for a pid may have passed to somebody else. Under `--role` only
 * the login itself may. Whether it worked shows in the locks.
 */
export function endBackend(pid: number, run_id: string): readonly Message[] {
  return [
    { text: "BEGIN" },
    { text: "SET LOCAL ROLE NONE" },
    {
      text: `SELECT pg_catalog.pg_terminate_backend(a.pid) FROM pg_catalog.pg_stat_activity a
        WHERE a.pid OPERATOR(pg_catalog.=) ${pid} AND a.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()
          AND a.application_name OPERATOR(pg_catalog.=) ${quoteLiteral(applicationName(run_id))}`,
    },
    { text: "ROLLBACK" },
  ];
}
