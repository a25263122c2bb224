import * as v from "valibot";

const REGION = "[a-z]{2}(?:-[a-z]+)+-\\d";
const ACCOUNT = "\\d{12}";
const NAME = "[A-Za-z0-9_+=,.@-]";

/** The whole ARN: a part of one, a wildcard or a neighbour of what is meant is refused when it is deployed, or never. */
const arn = (rest: string, example: string) =>
  v.pipe(v.string(), v.regex(new RegExp(`^arn:aws[a-z-]*:${rest}$`), `an ARN such as ${example}`));

export const roleArn = arn(
  `iam::${ACCOUNT}:role/(?:${NAME}+/)*${NAME}{1,64}`,
  "arn:aws:iam::111122223333:role/deployer",
);
export const policyArn = arn(
  `iam::(?:${ACCOUNT}|aws):policy/(?:${NAME}+/)*${NAME}{1,128}`,
  "arn:aws:iam::111122223333:policy/boundary",
);
/** With the six characters that Secrets Manager adds: a policy that names it without them allows nothing. */
export const secretArn = arn(
  `secretsmanager:${REGION}:${ACCOUNT}:secret:[A-Za-z0-9/_+=.@!-]+-[A-Za-z0-9]{6}`,
  "arn:aws:secretsmanager:eu-west-1:111122223333:secret:app_job-AbCdEf",
);
/** Not an alias: as a policy's resource it allows nothing. */
export const keyArn = arn(
  `kms:${REGION}:${ACCOUNT}:key/[A-Za-z0-9-]+`,
  "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
);
export const topicArn = arn(
  `sns:${REGION}:${ACCOUNT}:[A-Za-z0-9_-]{1,256}(?:\\.fifo)?`,
  "arn:aws:sns:eu-west-1:111122223333:on-call",
);
export const busArn = arn(
  `events:${REGION}:${ACCOUNT}:event-bus/[A-Za-z0-9/_.-]{1,256}`,
  "arn:aws:events:eu-west-1:111122223333:event-bus/deployments",
);
