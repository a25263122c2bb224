import { join } from "node:path";
import { type BundlingOptions, LogLevel, OutputFormat } from "aws-cdk-lib/aws-lambda-nodejs";

/** What an artifact is made of, beside its entry file. */
export interface Artifact {
  /** The repository's root. */
  readonly root: string;
  /** Files copied beside the code: name there, and path from the root. */
  readonly beside: Readonly<Record<string, string>>;
}

/** The SQL parser's WebAssembly, which it looks for beside its code. */
export const SQL_PARSER = { "libpg-query.wasm": "node_modules/libpg-query/wasm/libpg-query.wasm" } as const;

/** The authorities of RDS: data, which JavaScript would only be made longer by. */
const ROOTS = "rds_roots.json";
const ROOTS_FROM = `functions/io/credentials/${ROOTS}`;

/** A function has its role's credentials in the environment. What finds others is loaded only where these are missing. */
const OTHER_CREDENTIALS = ["ini", "process", "sso", "web-identity"].map(
  (kind) => `@aws-sdk/credential-provider-${kind}`,
);

// What a bundled package may still ask for that modules of this kind do not have.
const BANNER = [
  'import{createRequire as __cr}from"node:module";',
  'import{fileURLToPath as __fp}from"node:url";',
  'import{dirname as __dn}from"node:path";',
  "const require=__cr(import.meta.url),__filename=__fp(import.meta.url),__dirname=__dn(__filename);",
].join("");

/** One file of modules, with the AWS SDK in it: faster to start than the runtime's, and of a known version. */
export function bundling({ root, beside }: Artifact): BundlingOptions {
  return {
    format: OutputFormat.ESM,
    target: "node24",
    mainFields: ["module", "main"],
    minify: true,
    bundleAwsSDK: true,
    externalModules: ["pg-native", `*/${ROOTS}`, ...OTHER_CREDENTIALS, "@smithy/credential-provider-imds"],
    logLevel: LogLevel.WARNING,
    sourceMap: true,
    sourcesContent: false,
    banner: BANNER,
    commandHooks: {
      beforeBundling: () => [],
      beforeInstall: () => [],
      afterBundling: (_input, output) => [
        [
          process.execPath,
          join(root, "cdk/finish_artifact.mjs"),
          output,
          ...Object.entries({ ...beside, [ROOTS]: ROOTS_FROM }).map(([name, path]) => `${name}=${path}`),
        ]
          .map(quoted)
          .join(" "),
      ],
    },
  };
}

/** A word for the shell that runs the bundler's hooks. */
const quoted = (word: string): string =>
  process.platform === "win32" ? `"${word}"` : `'${word.replaceAll("'", "'\\''")}'`;
