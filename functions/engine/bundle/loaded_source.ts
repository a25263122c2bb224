import type { BundleSource } from "../seam.ts";
import type { Bundle } from "./bundle.ts";

/** The source of a bundle that was read before, from files that the machine names. */
export const loadedSource = (bundle: Bundle): BundleSource => ({
  reference: null,
  read: async () => bundle,
});
