import type { Construct } from "constructs";
import type { DeployConfig } from "./config.ts";
import { BundleStore } from "./constructs/bundle_store.ts";
import { Database } from "./constructs/database.ts";
import { DatabaseNetwork, makesNetwork } from "./constructs/database_network.ts";
import { LoginSecrets } from "./constructs/login_secrets.ts";
import { stackName } from "./names.ts";
import { TargetStack } from "./target_stack.ts";

/** What keeps data: it is protected, and outlives the job. Each part only where it is not there already. */
export class PawsDataStack extends TargetStack {
  constructor(scope: Construct, id: string, config: DeployConfig) {
    super(scope, id, config, {
      stackName: stackName(config, "data"),
      description: `${config.target}: bundles and database of paws-migrate`,
      terminationProtection: config.removal === "retain",
    });
    const { bucket, database } = config;
    if (bucket.mode === "create") new BundleStore(this, "Bundles", config);
    if (!makesNetwork(config) && database.mode === "existing") return;
    const { arns } = new LoginSecrets(this, "Logins", config);
    const network = new DatabaseNetwork(this, "Network", config, arns);
    if (database.mode === "create") new Database(this, "Database", config, database, network);
  }
}

/** Whether anything of the data stack is to be made. */
export const makesData = (config: DeployConfig): boolean =>
  config.bucket.mode === "create" || config.database.mode === "create" || makesNetwork(config);
