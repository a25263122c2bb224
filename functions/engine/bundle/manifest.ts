import type { BundleOptions, Migration, Repeatable } from "./bundle.ts";
import type { ReadFile } from "./source.ts";
import { sha256 } from "./text.ts";

/** At the root of an archive; no file of a bundle has its name. */
export const MANIFEST_FILE = "manifest.json";

/** One file of a bundle, as its manifest lists it. */
export interface ManifestFile {
  readonly path: string;
  /** In bytes. */
  readonly size: number;
  /** Of the bytes, in hexadecimal digits. */
  readonly sha256: string;
}

export const listedFile = ({ path, bytes }: ReadFile, hash = sha256(bytes)): ManifestFile => ({
  path,
  size: bytes.length,
  sha256: hash,
});

/**
 * The text of `manifest.json`: the bundle's name and version, every file in order of path, every migration
 * in order of version with the paths of its scripts, and where there are any the repeatable ones in order of name.
 * Equal bundles give equal bytes.
 */
export function manifestText(
  options: Pick<BundleOptions, "name" | "version">,
  files: readonly ManifestFile[],
  migrations: readonly Pick<Migration, "version" | "label" | "name" | "up" | "rollback" | "verify">[],
  repeatables: readonly Pick<Repeatable, "name" | "up" | "verify">[] = [],
): string {
  const manifest = {
    format: 1,
    name: options.name,
    version: options.version,
    files: files.map(({ path, size, sha256 }) => ({ path, size, sha256 })),
    migrations: migrations.map(({ version, label, name, up, rollback, verify }) => ({
      version: version.toString(),
      label,
      name,
      up: up.path,
      rollback: rollback?.path ?? null,
      verify: verify?.path ?? null,
    })),
    ...(repeatables.length > 0 && {
      repeatables: repeatables.map(({ name, up, verify }) => ({
        name,
        up: up.path,
        verify: verify?.path ?? null,
      })),
    }),
  };
  return `${JSON.stringify(manifest, null, 1)}\n`;
}

/** sha256 of the manifest: two bundles with one digest hold the same files under the same name and version. */
export const digestOf = (manifest: string | Uint8Array): string => sha256(manifest);
