import type { Message } from "../seam.ts";
import type { Observer } from "./observer.ts";

const DEADLOCK_TIMEOUT_QUERY: Message = {
  text: "SELECT setting FROM pg_catalog.pg_settings WHERE name OPERATOR(pg_catalog.=) 'deadlock_timeout'",
};

/** After how many milliseconds of waiting the server looks for a deadlock; null where that cannot be read. */
export async function deadlockTimeout(observer: Observer): Promise<number | null> {
  const setting = (await observer.ask(DEADLOCK_TIMEOUT_QUERY))?.rows[0]?.[0];
  return setting == null ? null : Number(setting);
}
