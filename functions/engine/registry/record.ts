import { type Fault, fault, MigrationFault } from "../errors.ts";
import type { Answer, Message } from "../seam.ts";
import { serverFields } from "../step/script_fault.ts";
import { BEGIN } from "./write.ts";

/** Messages of ours as one transaction: it says what it is, and resolves every name in pg_catalog. */
export function transaction(messages: readonly Message[]): readonly Message[] {
  return [
    { text: BEGIN },
    { text: "SET LOCAL search_path TO pg_catalog, pg_temp" },
    ...messages,
    { text: "COMMIT" },
  ];
}

/** Null when all of a transaction's answers are good and it was committed. */
export function transactionFault(answers: readonly Answer[], doing: string): Fault | null {
  for (const answer of answers) {
    if (answer.kind === "lost") {
      return fault("connection-lost", `${doing}: the connection was lost (${answer.reason}).`);
    }
    if (answer.kind === "error") {
      const { sqlstate, message } = answer.error;
      const fields = serverFields(answer.error);
      if (sqlstate === "42501") return fault("lacking-privilege", `${doing}: ${message}`, fields);
      // unique_violation: the only unique column that a caller fills is the run's id.
      if (sqlstate === "23505") return fault("run-id-reused", "This run id was used before.", fields);
      // feature_not_supported: a view on the seed's table keeps its columns as they are.
      if (sqlstate === "0A000") return fault("history-in-use", `${doing}: ${message}`, fields);
      return fault(sqlstate === "55P03" ? "lock-timeout" : "sql-error", `${doing}: ${message}`, fields);
    }
  }
  const last = answers.at(-1);
  const tag = last?.kind === "done" ? last.results.at(-1)?.tag : undefined;
  return tag === "COMMIT"
    ? null
    : fault("commit-refused", `${doing}: COMMIT was answered by ${tag ?? "nothing"}.`);
}

/** Throws where the transaction was not committed. */
export function assertCommitted(answers: readonly Answer[], doing: string): void {
  const found = transactionFault(answers, doing);
  if (found !== null) throw new MigrationFault(found);
}

/** A record that could not be written, where that does not change how the run ended. */
export function notRecorded({ code, message, remedy }: Fault): Fault {
  if (code === "lacking-privilege") return fault("not-recorded", message);
  return fault("not-recorded", message, { remedy: code === "connection-lost" ? "Run again." : remedy });
}
