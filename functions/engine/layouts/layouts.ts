import { flyway } from "./flyway.ts";
import type { Layout } from "./layout.ts";
import { pawsMigrate } from "./paws_migrate.ts";
import type { Tool } from "./pile.ts";
import { plain } from "./plain.ts";
import { supabase } from "./supabase.ts";

/** How each tool lays out its files. */
export const LAYOUTS: Readonly<Partial<Record<Tool, Layout>>> = {
  "paws-migrate": pawsMigrate,
  plain,
  supabase,
  flyway,
};
