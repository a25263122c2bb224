import type { BundleReport, ReportHead, TargetReport } from "#engine/report.ts";
import { displayWidth } from "./display_width.ts";
import { printable } from "./printable.ts";
import type { Look } from "./style.ts";
import { counted } from "./time_text.ts";

const DIGITS = 8;

/** Which files against which database; two lines where one is too long. */
export function headLines({ bundle, target }: ReportHead, look: Look): readonly string[] {
  const left = bundle === null ? null : bundleText(bundle);
  const right = target === null ? null : targetText(target);
  if (left === null || right === null) return [left ?? right ?? []].flat();
  const line = `${left}  ->  ${right}`;
  const lines = displayWidth(line) <= look.width ? [line] : [left, `  ->  ${right}`];
  return look.verbose && bundle !== null ? [...lines, ...verboseLines(bundle)] : lines;
}

/** The first digits of a sha256. */
export const shortDigest = (digest: string): string => `${printable(digest.slice(0, DIGITS))}...`;

function bundleText({ name, version, migrations, digest }: BundleReport): string {
  const which = version === null ? "bundle" : `bundle ${printable(version)}`;
  return `${printable(name)}  ${which} (${counted(migrations, "migration")}, sha256 ${shortDigest(digest)})`;
}

function targetText({ host, port, database, server_version }: TargetReport): string {
  const at = host.includes(":") ? `[${host}]` : host;
  const server = server_version === null ? "" : ` (PostgreSQL ${printable(server_version)})`;
  return `${printable(database)}@${printable(at)}:${port}${server}`;
}

const verboseLines = ({ source, digest }: BundleReport): readonly string[] => [
  `  from ${printable(source)}, sha256 ${printable(digest)}`,
];
