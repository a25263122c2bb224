/** A running imitation of AWS, as a suite sees it. */
export interface Emulator {
  readonly name: "localstack" | "ministack";
  /** With 127.0.0.1 rather than a name, so that buckets are in the path. */
  readonly endpoint: string;
  readonly account: string;
  readonly region: string;
  /** What it logs, and what its functions log that did not start; null for one that outlives the run. */
  readonly log_file: string | null;
  /** Whether its functions are processes of this machine, which a test may kill. */
  readonly has_processes: boolean;
}

export const ACCOUNT = "000000000000";
export const REGION = "us-east-1";

/** What an SDK, the CDK and our CLI need to talk to it. */
export const environmentOf = ({ endpoint, region }: Emulator): Readonly<Record<string, string>> => ({
  AWS_ENDPOINT_URL: endpoint,
  AWS_ENDPOINT_URL_S3: endpoint,
  AWS_ACCESS_KEY_ID: "test",
  AWS_SECRET_ACCESS_KEY: "test",
  AWS_REGION: region,
  AWS_DEFAULT_REGION: region,
  // The instance's metadata is asked by nobody.
  AWS_EC2_METADATA_DISABLED: "true",
});

/** For a client of the AWS SDK. */
export const clientOf = ({ endpoint, region }: Emulator) => ({
  endpoint,
  region,
  credentials: { accessKeyId: "test", secretAccessKey: "test" },
});
