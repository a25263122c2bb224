import type { StepReport } from "#engine/report.ts";
import { blockersText } from "#engine/watch/blockers.ts";
import { checkLines } from "./checks.ts";
import { faultLines } from "./fault.ts";
import { labelText } from "./label_text.ts";
import { outcomeOf, outcomePaint, outcomeWord } from "./outcome.ts";
import { printable } from "./printable.ts";
import { resultLines } from "./result.ts";
import type { Look } from "./style.ts";
import { type Cell, type Column, cell, table } from "./table.ts";
import { counted, durationText } from "./time_text.ts";

const COLUMNS: readonly Column[] = [{ gap: 2 }, { gives: true }, {}, { align: "right" }, { align: "right" }];
const BELOW = "       ";

/** One line a step, in order; under a step what went wrong with it. */
export function stepLines(steps: readonly StepReport[], look: Look): readonly string[] {
  const rows = steps.map((step) => stepRow(step, look));
  const lines = table(rows, COLUMNS, { indent: "  ", width: look.width });
  return steps.flatMap((step, i) => [lines[i] ?? "", ...below(step, look)]);
}

function stepRow(step: StepReport, look: Look): readonly Cell[] {
  const outcome = outcomeOf(step);
  const begun = step.status === "done" || step.status === "failed";
  const faint = begun ? undefined : look.paint.faint;
  return [
    cell(labelText(step), faint),
    cell(printable(step.name), faint),
    cell(outcomeWord(outcome), outcomePaint(outcome, look)),
    cell(begun && step.duration_ms !== null ? durationText(step.duration_ms) : ""),
    cell(checksText(step)),
  ];
}

function checksText({ checks, status }: StepReport): string {
  if (checks.length > 0) return counted(checks.length, "check");
  return status === "done" ? "no checks" : "";
}

/** Everything that stands under a step's line, from what is only remarkable to why it failed. */
function below(step: StepReport, look: Look): readonly string[] {
  const { checks, error } = step;
  const of = (status: "pass" | "warning" | "fail") => checks.filter((check) => check.status === status);
  const failed = of("fail");
  const said = remarks(step, look);
  const lines = [
    ...(said.length === 0 ? [] : [look.paint.faint(said.join(", "))]),
    ...blockedBy(step, look),
    ...(look.verbose ? checkLines(of("pass"), look) : []),
    ...checkLines(of("warning"), look),
    ...(look.verbose ? step.results.flatMap((result) => resultLines(result, look.width - BELOW.length)) : []),
    ...(error === null ? checkLines(failed, look) : []),
  ].map((line) => `${BELOW}${line}`);
  if (error === null) return lines;
  // The checks are listed under the message, so that it need not repeat their names.
  const short = failed.length > 0 && error.code === "check-failed";
  const message = `${failed.length} of ${counted(checks.length, "check")} failed.`;
  const place = {
    as: "error" as const,
    indent: BELOW,
    between: checkLines(failed, look),
    ...(short ? { message } : {}),
  };
  return [...lines, ...faultLines(error, look, place)];
}

/** The error's message names them already. */
function blockedBy({ blockers, error }: StepReport, look: Look): readonly string[] {
  if (blockers.length === 0 || error?.code === "lock-timeout") return [];
  return [look.paint.faint(`in the way: ${printable(blockersText(blockers))}`)];
}

function remarks(step: StepReport, look: Look): readonly string[] {
  const { tries, lock_wait_ms, lock_held_ms, statements } = step;
  if (step.status === "skipped") return step.direction === "verify" ? ["no verification script"] : [];
  if (step.status === "not_run") return [];
  const waited = lock_wait_ms !== null && lock_wait_ms > 0;
  return [
    ...(look.verbose && statements !== null ? [counted(statements, "statement")] : []),
    ...(tries > 1 ? [`${tries} tries`] : []),
    ...(waited ? [`waited ${durationText(lock_wait_ms)} for locks`] : []),
    ...(look.verbose && lock_held_ms !== null ? [`held strong locks ${durationText(lock_held_ms)}`] : []),
  ];
}
