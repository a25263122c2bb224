import { describe, expect, it } from "vitest";
import { type FunctionVerb, functionAddress, statusAddress } from "../../../cli/invoke/function_name.ts";

const ARN = "arn:aws:lambda:eu-west-1:123456789012:function";
const GOV = "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function";

describe("the function of a verb", () => {
  it.each<[string, FunctionVerb, string, string | null, string]>([
    ["paws-prod", "apply", "paws-prod-apply", null, "live"],
    ["paws-prod-apply", "apply", "paws-prod-apply", null, "live"],
    ["paws-prod-status:12", "status", "paws-prod-status", null, "12"],
    ["paws-prod:blue", "rollback", "paws-prod-rollback", null, "blue"],
    [`${ARN}:prod-verify`, "verify", `${ARN}:prod-verify`, "eu-west-1", "live"],
    [`${ARN}:prod-verify:$LATEST`, "verify", `${ARN}:prod-verify`, "eu-west-1", "$LATEST"],
    [`${ARN}:of-our-own`, "apply", `${ARN}:of-our-own`, "eu-west-1", "live"],
    [`${GOV}:prod-apply`, "apply", `${GOV}:prod-apply`, "us-gov-west-1", "live"],
  ])("%s for %s", (given, verb, name, region, qualifier) => {
    expect(functionAddress(given, verb)).toEqual({ name, region, qualifier });
  });

  it.each([
    ["", /wanted a Lambda function's name or ARN/],
    ["two words", /wanted a Lambda function's name or ARN/],
    ["../x", /wanted/],
    ["arn:aws:s3:::bucket", /wanted/],
    ["a".repeat(65), /wanted/],
    ["prod-rollback", /does rollback, not apply/],
    [`${ARN}:prod-status`, /does status, not apply/],
  ])("is not told by %j", (given, message) => {
    expect(() => functionAddress(given, "apply")).toThrow(message);
  });
});

describe("the function that tells of runs", () => {
  const status = (given: string, own: string | null = null) =>
    statusAddress(own, functionAddress(given, "apply"));

  it("is the one beside it, by the alias that everyone invokes", () => {
    expect(status("prod")).toEqual({ name: "prod-status", region: null, qualifier: "live" });
    expect(status("prod-apply:7")).toEqual({ name: "prod-status", region: null, qualifier: "live" });
    expect(status(`${ARN}:prod-apply`)).toMatchObject({ name: `${ARN}:prod-status`, region: "eu-west-1" });
  });

  it("is the one that is named", () => {
    expect(status(`${ARN}:x`, "y:blue")).toEqual({ name: "y", region: "eu-west-1", qualifier: "blue" });
  });

  it("cannot be told from a name of one's own", () => {
    expect(() => status(`${ARN}:x`)).toThrow(/cannot be told from its name/);
  });
});
