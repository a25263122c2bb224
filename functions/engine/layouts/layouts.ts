import { dbmate } from "./dbmate.ts";
import { diesel } from "./diesel.ts";
import { flyway } from "./flyway.ts";
import { golangMigrate } from "./golang_migrate.ts";
import { goose } from "./goose.ts";
import type { Layout } from "./layout.ts";
import { liquibase } from "./liquibase.ts";
import { nodePgMigrate } from "./node_pg_migrate.ts";
import { pawsMigrate } from "./paws_migrate.ts";
import type { Tool } from "./pile.ts";
import { plain } from "./plain.ts";
import { prisma } from "./prisma.ts";
import { rails } from "./rails.ts";
import { sqitch } from "./sqitch.ts";
import { supabase } from "./supabase.ts";

/** How each tool lays out its files. */
export const LAYOUTS: Readonly<Record<Tool, Layout>> = {
  "paws-migrate": pawsMigrate,
  plain,
  supabase,
  flyway,
  "golang-migrate": golangMigrate,
  goose,
  dbmate,
  sqitch,
  rails,
  "node-pg-migrate": nodePgMigrate,
  prisma,
  diesel,
  liquibase,
};
