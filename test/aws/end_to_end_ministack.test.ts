import { endToEnd } from "./end_to_end.ts";

await endToEnd("ministack");
