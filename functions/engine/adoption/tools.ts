import { ALEMBIC } from "./alembic.ts";
import { DIESEL } from "./diesel.ts";
import { FLYWAY } from "./flyway.ts";
import { GOLANG_MIGRATE } from "./golang_migrate.ts";
import { GOOSE } from "./goose.ts";
import { LIQUIBASE } from "./liquibase.ts";
import { NODE_PG_MIGRATE } from "./node_pg_migrate.ts";
import { PRISMA } from "./prisma.ts";
import { SQITCH } from "./sqitch.ts";
import { SUPABASE } from "./supabase.ts";
import type { ToolHistory } from "./tool_history.ts";
import { VERSION_LIST } from "./version_list.ts";

/** Every history that can be taken over. */
export const TOOL_HISTORIES: readonly ToolHistory[] = [
  SUPABASE,
  FLYWAY,
  GOLANG_MIGRATE,
  VERSION_LIST,
  GOOSE,
  SQITCH,
  NODE_PG_MIGRATE,
  PRISMA,
  DIESEL,
  LIQUIBASE,
  ALEMBIC,
];
