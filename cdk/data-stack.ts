import { Stack } from "aws-cdk-lib";
import type { Construct } from "constructs";
import type { DeployConfig } from "./config.ts";
import { BundleStore } from "./constructs/bundle_store.ts";
import { Database } from "./constructs/database.ts";
import { DatabaseNetwork, makesNetwork } from "./constructs/database_network.ts";
import { stackName } from "./names.ts";

/** What keeps data: it is protected, and outlives the job. Each part only where it is not there already. */
export class PawsDataStack extends Stack {
  private readonly config: DeployConfig;

  constructor(scope: Construct, id: string, config: DeployConfig) {
    super(scope, id, {
      stackName: stackName(config, "data"),
      description: `${config.target}: bundles and database of paws-migrate`,
      env: config.env,
      terminationProtection: config.removal === "retain",
    });
    this.config = config;
    if (config.bucket.mode === "create") new BundleStore(this, "Bundles", config);
    const network =
      makesNetwork(config) || config.database.mode === "create"
        ? new DatabaseNetwork(this, "Network", config)
        : null;
    if (config.database.mode === "create" && network !== null) {
      new Database(this, "Database", config, config.database, network);
    }
  }

  /** Configured, where CDK would ask AWS. */
  override get availabilityZones(): string[] {
    return zonesOf(this.config);
  }
}

/** Whether anything of the data stack is to be made. */
export const makesData = (config: DeployConfig): boolean =>
  config.bucket.mode === "create" || config.database.mode === "create" || makesNetwork(config);

/** The configured zones of the network. */
export const zonesOf = ({ network }: DeployConfig): string[] =>
  network.mode === "none" ? [] : [...network.azs];
