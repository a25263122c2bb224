import { setTimeout as sleep } from "node:timers/promises";

/** How long a start may take on a machine that is busy with other suites. */
const PATIENCE_MS = 400_000;

/** What each service says of itself. */
export type Health = Readonly<Record<string, string>>;

const GOOD = ["running", "available"];

/**
 * Null while a service is not there yet. Throws where one is broken: an emulator with broken services answers with
 * status 200 all the same, and says that it is ready.
 */
export function judged(health: Health, services: readonly string[]): "healthy" | null {
  const broken = services.filter((name) => ["error", "disabled"].includes(health[name] ?? ""));
  if (broken.length > 0) throw new Error(`of its services these are broken: ${broken.join(", ")}`);
  return services.every((name) => GOOD.includes(health[name] ?? "")) ? "healthy" : null;
}

/** Waits until every one of these services is there. Throws when one is broken, it has `ended`, or it takes too long. */
export async function waitUntilHealthy(
  url: string,
  services: readonly string[],
  ended: Promise<string>,
): Promise<void> {
  const giveUp = Date.now() + PATIENCE_MS;
  let over: string | null = null;
  const note = ended.then((log) => {
    over = log;
  });
  let last: Health = {};
  while (Date.now() < giveUp) {
    if (over !== null) throw new Error(`it ended at once:\n${over}`);
    last = (await healthOf(url)) ?? last;
    if (judged(last, services) === "healthy") return;
    await Promise.race([note, sleep(100)]);
  }
  throw new Error(`after ${PATIENCE_MS / 1000} s its services are ${JSON.stringify(last)}`);
}

/** Null where nothing answers. */
export async function healthOf(url: string): Promise<Health | null> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    const body: unknown = await response.json();
    if (typeof body !== "object" || body === null || !("services" in body)) return null;
    return Object.fromEntries(
      Object.entries(Object(body.services)).map(([name, said]) => [name, String(said)]),
    );
  } catch {
    return null;
  }
}
