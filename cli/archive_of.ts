import { resolve } from "node:path";
import { checkBundle } from "#engine/bundle/check.ts";
import { OPTIONS_FILE } from "#engine/bundle/layout.ts";
import { BUNDLE_NAME, BUNDLE_VERSION, readOptions } from "#engine/bundle/options.ts";
import { type Fault, fault, MigrationFault, throwAny } from "#engine/errors.ts";
import { offlineOptions } from "#engine/run/prepare.ts";
import { LATEST } from "#io/bundles/s3_place.ts";
import { readZip } from "#io/bundles/source.ts";
import { type ArchiveFiles, type WrittenArchive, writeArchive } from "#io/bundles/write_archive.ts";
import { readFolder } from "#io/folder.ts";
import type { Call } from "./call.ts";
import { refuseUndeclared } from "./named_placeholders.ts";
import { readRunOptions } from "./run_options.ts";
import { bundleFolder, withFolder } from "./source.ts";

/**
 * The archive of the files that a command line names, under the name and version that it gives. What `check` refuses
 * goes into no archive. Throws a MigrationFault.
 */
export async function archiveOf(given: Call, wanted: "any" | "named and versioned"): Promise<WrittenArchive> {
  const call = withFolder(given);
  const { name, version } = call.options as { readonly name?: string; readonly version?: string };
  refuseSpelling(name, version);
  const found = await filesOf(call);
  const own = readOptions(
    found.files.find(({ path }) => path === OPTIONS_FILE),
    "",
  ).options;
  if (wanted === "named and versioned") {
    const named = own.name !== "" || found.named || name !== undefined;
    const versioned = (own.version ?? found.version ?? version) !== undefined;
    const missing = [
      ...(named ? [] : [["name", "--name"] as const]),
      ...(versioned ? [] : [["version", "--version"] as const]),
    ];
    throwAny(missing.map(([key, option]) => unsaid(key, option)));
  }
  const written = await writeArchive(found.files, {
    path: found.path,
    name: name ?? found.name,
    version: version ?? found.version ?? null,
  });
  const { options } = written.bundle;
  throwAny([
    ...contradiction("--name", name, options.name),
    ...contradiction("--version", version, options.version),
    ...(options.version === LATEST ? [reserved(LATEST)] : []),
  ]);
  await refuseWrong(written, call);
  return written;
}

interface FoundFiles extends Omit<ArchiveFiles, "version"> {
  readonly version: string | undefined;
  /** By more than where the files lie. */
  readonly named: boolean;
}

async function filesOf(call: Call): Promise<FoundFiles> {
  const { bundle } = call.options;
  if (bundle === undefined) {
    const { files, source } = readFolder(bundleFolder(call));
    return { files, ...source, version: undefined, named: false };
  }
  if (bundle.startsWith("s3:")) throw new MigrationFault(wrong(`${call.verb} takes a folder or a zip file.`));
  const { archive, name, path } = await readZip(resolve(call.terminal.cwd, bundle));
  const { files, manifest } = archive;
  return { files, name, path, version: manifest?.version ?? undefined, named: manifest !== null };
}

function refuseSpelling(name: string | undefined, version: string | undefined): void {
  const faults: Fault[] = [];
  if (name !== undefined && !BUNDLE_NAME.test(name))
    faults.push(wrong(`${JSON.stringify(name)} is no bundle's name.`));
  if (version !== undefined && !BUNDLE_VERSION.test(version)) {
    faults.push(wrong(`${JSON.stringify(version)} is no bundle's version.`));
  }
  throwAny(faults);
}

/** History and records go by what is in the bundle: an option that says otherwise would only hide it. */
function contradiction(option: string, given: string | undefined, found: string | null): readonly Fault[] {
  if (given === undefined || given === found) return [];
  const said = `The bundle itself says ${JSON.stringify(found)}, and ${option} ${JSON.stringify(given)}.`;
  return [wrong(said, `Leave ${option} out, or correct ${OPTIONS_FILE}.`)];
}

async function refuseWrong({ bundle }: WrittenArchive, call: Call): Promise<void> {
  const { run } = readRunOptions(call.options, call.terminal.env);
  refuseUndeclared(bundle, run.placeholders);
  const { faults, warnings } = await checkBundle(bundle, offlineOptions(bundle, run));
  throwAny(run.strict ? [...faults, ...warnings] : faults);
  call.warn(warnings);
}

const wrong = (message: string, remedy?: string): Fault =>
  fault("bad-argument", message, remedy === undefined ? {} : { remedy });

const reserved = (version: string): Fault =>
  wrong(
    `A bundle cannot have the version ${JSON.stringify(version)}: that means the newest.`,
    "Choose another version.",
  );

const unsaid = (key: string, option: string): Fault =>
  wrong(
    `${OPTIONS_FILE} gives no ${key}, and there is no ${option}.`,
    `Pass ${option}, or write "${key}" into ${OPTIONS_FILE}.`,
  );
