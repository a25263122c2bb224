import type { Refusal } from "./refusal.ts";
import type { Call } from "./survey.ts";

/** Extensions of RDS, each in the schema of its name. */
const EXTENSIONS = /^aws_(lambda|s3|commons)$/;
/** Their functions, as search_path would find them; of these, `invoke` may also be somebody's own. */
const FUNCTIONS =
  /^(invoke|query_export_to_s3|table_import_from_s3|create_(s3_uri|lambda_function_arn|aws_credentials))$/;

/**
 * Why a verification must not call this: it reaches out of the transaction, where read-only mode holds nothing. No bundle
 * option allows it. What a function's body calls is not seen: there the login's privileges hold.
 */
export function refuseReach({ schema, name, location }: Call): Refusal | null {
  if (name.startsWith("dblink")) return reaches(`${name} works on another connection`, location);
  if (schema !== null && EXTENSIONS.test(schema)) {
    return reaches(`${schema}.${name} works outside of the database`, location);
  }
  if (schema !== null || !FUNCTIONS.test(name)) return null;
  const remedy = "Write the schema of a function of your own before its name.";
  return { ...reaches(`${name} may be that of aws_lambda or aws_s3`, location), remedy };
}

const reaches = (what: string, location: number): Refusal => ({
  code: "verification-reaches-out",
  message: `${what}; a verification must not.`,
  location,
});
