/** `npm run test:storm` runs the long form of a suite, `npm test` the short one. */
const LONG = process.env.PAWS_STORM === "long";

/** What holds in the form that runs: `inForm({ short: 10, long: 100 })`. */
export const inForm = <T>({ short, long }: { readonly short: T; readonly long: T }): T =>
  LONG ? long : short;
