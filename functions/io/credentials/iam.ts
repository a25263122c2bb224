import { Signer } from "@aws-sdk/rds-signer";
import { fault, MigrationFault } from "#engine/errors.ts";
import type { Session } from "#engine/seam.ts";
import { refuseNobody, toAwsError, withinDeadline } from "../aws_client.ts";

/** Whom a token lets in, and where: it is good for this endpoint alone. */
export interface TokenFor {
  readonly hostname: string;
  readonly port: number;
  readonly username: string;
  readonly region: string;
}

/** Signing is local; finding the role's credentials may ask the machine. */
const DEADLINE_MS = 10_000;

/**
 * A token that RDS takes for a password, for 15 minutes and over TLS only. Throws a MigrationFault:
 * aws-credentials-missing, aws-credentials-expired. `left_ms`: more than that it may not take.
 */
export async function iamToken(whom: TokenFor, left_ms = Number.POSITIVE_INFINITY): Promise<string> {
  try {
    return await withinDeadline(Math.min(DEADLINE_MS, left_ms), () => new Signer(whom).getAuthToken());
  } catch (error) {
    const found = toAwsError(error);
    const wanted = `A token for ${whom.username}@${whom.hostname} was to be signed`;
    refuseNobody(found, wanted);
    const said = `${wanted}: no credentials were found for it (${found.name}).`;
    throw new MigrationFault(fault("aws-credentials-missing", said, { detail: found.message }));
  }
}

/** What a refused token needs, which is no password. */
export async function connectWithToken(open: () => Promise<Session>, whom: TokenFor): Promise<Session> {
  return open().catch((error: unknown) => {
    if (!(error instanceof MigrationFault) || error.faults[0].code !== "wrong-password") throw error;
    const { message, sqlstate } = error.faults[0];
    const remedy = `GRANT rds_iam TO ${whom.username}; allow rds-db:connect to this role for that user and the database's resource id; connect to the instance's own endpoint, with IAM authentication switched on.`;
    throw new MigrationFault(fault("wrong-password", message, { sqlstate, remedy }));
  });
}
