import { RemovalPolicy } from "aws-cdk-lib";
import type { DeployConfig } from "../config.ts";

/** What becomes of a thing that holds data when its stack is deleted. */
export const keeping = ({ removal }: Pick<DeployConfig, "removal">): RemovalPolicy =>
  removal === "retain" ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY;
