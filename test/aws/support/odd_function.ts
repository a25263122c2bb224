import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A handler that does as its event says; `count` is how many events its process has had. */
const ODD = `
let count = 0;
export const handler = async (event, context) => {
  count += 1;
  console.log("event", JSON.stringify(event));
  if (event.say) return { ...event.say, count, pid: process.pid };
  if (event.throw) throw Object.assign(new Error("as told"), { name: event.throw });
  if (event.exit !== undefined) process.exit(event.exit);
  if (event.meet) await fetch(event.meet);
  if (event.wait) await new Promise((resolve) => setTimeout(resolve, event.wait));
  if (event.bytes) return "x".repeat(event.bytes);
  return { count, pid: process.pid, left: context.getRemainingTimeInMillis(), id: context.awsRequestId,
    arn: context.invokedFunctionArn, environment: process.env, folder: process.cwd() };
};
`;

/** The folder of an artifact with that source as its module; by default the odd handler. */
export async function writeArtifact(source = ODD): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "paws-migrate-artifact-"));
  await writeFile(join(folder, "index.mjs"), source);
  return folder;
}
