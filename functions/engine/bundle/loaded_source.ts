import type { BundleSource } from "../seam.ts";
import type { Bundle } from "./bundle.ts";

/** The source of a bundle that was read before, from files that the machine names. */
export const loadedSource = (bundle: Bundle): BundleSource => ({
  reference: null,
  read: async () => bundle,
});

/**
 * A source of which a bundle was read before, so that it is not read twice. A run that goes on with another one reads
 * that.
 */
export const remembered = (source: BundleSource, bundle: Bundle): BundleSource => ({
  reference: source.reference,
  read: async (recorded) =>
    recorded === null || recorded === bundle.source ? bundle : source.read(recorded),
});
