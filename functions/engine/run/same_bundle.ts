import type { Bundle } from "../bundle/bundle.ts";
import { fault, MigrationFault } from "../errors.ts";
import type { Recalled } from "../registry/recall.ts";

type Begun = Pick<Recalled, "run_id" | "bundle_digest">;

/** Throws `bundle-differs` where the files are not those that the run was begun with. */
export function assertSameBundle(begun: Begun, bundle: Bundle): void {
  if (bundle.digest !== begun.bundle_digest) throw bundleDiffers(begun, bundle);
}

export function bundleDiffers({ run_id, bundle_digest }: Begun, bundle: Bundle): MigrationFault {
  const message = `Run ${run_id} was begun with the bundle of sha256 ${bundle_digest}; this one has ${bundle.digest}.`;
  return new MigrationFault(fault("bundle-differs", message));
}
