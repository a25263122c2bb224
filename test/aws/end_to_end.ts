import { bundleCases } from "./cases/bundle_cases.ts";
import { changeCases } from "./cases/change_cases.ts";
import { credentialCases } from "./cases/credential_cases.ts";
import { killedCases } from "./cases/killed_cases.ts";
import { runIdCases } from "./cases/run_id_cases.ts";
import { terminalCases } from "./cases/terminal_cases.ts";
import { unattendedCases } from "./cases/unattended_cases.ts";
import { useStage } from "./stage/stage.ts";
import { describeOn } from "./support/describe_where.ts";
import type { Emulator } from "./support/emulator.ts";

/** The one suite, on an emulator; differences.ts tells what each of them gets wrong. */
export const endToEnd = (name: Emulator["name"]): Promise<void> =>
  describeOn(
    name,
    (emulator) => {
      const stage = useStage(emulator);
      changeCases(stage);
      bundleCases(stage);
      credentialCases(stage);
      runIdCases(stage);
      killedCases(stage);
      terminalCases(stage);
      unattendedCases(stage);
    },
    { bootstrapped: true },
  );
