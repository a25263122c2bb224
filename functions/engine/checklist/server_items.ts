import type { ChecklistItem } from "../report_settled.ts";
import { asks, passes, warns } from "./item.ts";
import type { ServerState } from "./server_state.ts";

/** Longer ones hold up vacuum, and whoever waits for their locks. */
const LONG_TRANSACTION_S = 60;
const LONG_LAG_S = 30;
const MUCH_WAL = 2 ** 30;
const FRESH_ARCHIVE_S = 3_600;

const inSeconds = (s: number): string => `${s.toFixed(1)} s`;

const inBytes = (bytes: number): string =>
  bytes < 2 ** 20 ? `${Math.ceil(bytes / 2 ** 10)} kB` : `${Math.round(bytes / 2 ** 20)} MB`;

/** A server cannot tell whether a snapshot was taken; that it archives its log, it can. */
export function backupItem({ archived_s }: ServerState): ChecklistItem {
  if (archived_s === null) return asks("backup", "The server does not tell when it was backed up last.");
  const since = `WAL was archived ${inSeconds(archived_s)} ago`;
  if (archived_s > FRESH_ARCHIVE_S) return warns("backup", `${since}: is archiving still at work?`);
  return asks("backup", `${since}; whether there is a base backup, the server does not tell.`);
}

export const locksItem = ({ lock_waits }: ServerState): ChecklistItem =>
  lock_waits === 0 ? passes("locks") : warns("locks", `${lock_waits} wait for a lock at this moment.`);

export function transactionsItem(state: ServerState): ChecklistItem {
  const { oldest_transaction_s: age, oldest_transaction_pid: pid, prepared, hidden } = state;
  const who = pid === 0 ? "a prepared transaction" : `process ${pid}`;
  if (age !== null && age > LONG_TRANSACTION_S) {
    return warns("transactions", `That of ${who} has been open for ${inSeconds(age)}.`);
  }
  if (prepared > 0)
    return warns("transactions", `${prepared} prepared and not finished: see pg_prepared_xacts.`);
  const unseen = "Some sessions are hidden from this login: GRANT pg_read_all_stats shows them.";
  return hidden ? warns("transactions", unseen) : passes("transactions");
}

/** Nothing in SQL tells how much of a disk is free. */
export const spaceItem = ({ database_bytes, largest_bytes }: ServerState): ChecklistItem =>
  asks(
    "space",
    `The database has ${inBytes(database_bytes)}, its largest table about ${inBytes(largest_bytes)}; what is free, the server does not tell (on RDS: FreeStorageSpace in CloudWatch).`,
  );

export function replicationItem(state: ServerState): ChecklistItem {
  const { replicas, replica_lag_s, replicas_hidden, slot_bytes, idle_slots } = state;
  if (replica_lag_s !== null && replica_lag_s > LONG_LAG_S) {
    return warns("replication", `A replica is ${inSeconds(replica_lag_s)} behind.`);
  }
  if (slot_bytes > MUCH_WAL) return warns("replication", `A slot holds back ${inBytes(slot_bytes)} of WAL.`);
  if (idle_slots > 0) return warns("replication", `Nobody reads ${idle_slots} of the replication slots.`);
  if (replicas_hidden) {
    const unseen = "is hidden from this login: GRANT pg_read_all_stats shows it.";
    return warns("replication", `How far the ${replicas} are ${unseen}`);
  }
  return passes("replication", replicas === 0 ? "There is none." : `${replicas}, none of them behind.`);
}
