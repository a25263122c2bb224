import type { ScriptOptions, ScriptRole } from "../script/script.ts";
import type { Refusal } from "./refusal.ts";
import { meansOn, type Setting } from "./setting.ts";

/** Why a setting must not be changed this way in a script of this role, or null. */
export function refuseSetting(setting: Setting, role: ScriptRole, options: ScriptOptions): Refusal | null {
  const { name, kind, value, by, location } = setting;
  const because = (code: Refusal["code"], message: string): Refusal => ({ code, message, location });
  switch (name) {
    case "session_authorization":
      return because("session-authorization", "The session's user must stay the job's.");
    case "role":
      if (by === "function")
        return because("session-authorization", "set_config() must not change the role.");
      return options.under_role ? because("role-under-role", "The job itself runs under --role.") : null;
    case "client_encoding": {
      if (kind === "reset" || isUtf8(value)) return null;
      return because("client-encoding", `client_encoding must stay UTF8; found ${value ?? "an expression"}.`);
    }
    case "standard_conforming_strings":
      if (kind === "reset" || meansOn(value)) return null;
      return because(
        "forbidden-statement",
        "Without standard_conforming_strings quotes would end elsewhere.",
      );
    case "transaction_isolation":
      if (value?.toLowerCase() === "read committed") return null;
      return because("isolation-level", "The job's transaction has its isolation level.");
    case "transaction_snapshot":
      return because("isolation-level", "The job's transaction has its snapshot.");
    case "transaction_read_only":
      return refuseReadOnly(setting, role);
    default:
      return null;
  }
}

function refuseReadOnly({ kind, value, location }: Setting, role: ScriptRole): Refusal | null {
  const read_only = kind === "set" && meansOn(value);
  if (role === "verify") {
    return read_only
      ? null
      : { code: "verification-writes", message: "This would lift read-only.", location };
  }
  if (kind === "set" && value !== null && !read_only) return null;
  const message = "The job writes its history in the same transaction.";
  return { code: "transaction-control", message, location };
}

const isUtf8 = (value: string | null): boolean =>
  value !== null && /^(utf8|unicode)$/.test(value.toLowerCase().replace(/[^a-z0-9]/g, ""));
