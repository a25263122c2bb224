import type { Answer, Message } from "../seam.ts";

/** A backend numbers its transactions one after the other: its own and this look's among them. */
export const NUMBER_QUERY: Message = {
  text: `SELECT pg_catalog.split_part(l.virtualtransaction, '/', 2) FROM pg_catalog.pg_lock_status() l
    WHERE l.pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid() AND l.locktype OPERATOR(pg_catalog.=) 'virtualxid'
      AND l.virtualtransaction OPERATOR(pg_catalog.=) l.virtualxid`,
};

/** Whether what ran between two looks was one transaction: it has not committed on its way. False where unknown. */
export function wasOneTransaction(before: Answer | undefined, after: Answer | undefined): boolean {
  const [first, last] = [numberOf(before), numberOf(after)];
  return first !== null && last !== null && last === first + 2n;
}

function numberOf(answer: Answer | undefined): bigint | null {
  const text = answer?.kind === "done" ? answer.results[0]?.rows[0]?.[0] : null;
  return text === null || text === undefined ? null : BigInt(text);
}
