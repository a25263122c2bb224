import type { Palette } from "./paint.ts";

/** How a report is to look. */
export interface RenderStyle {
  readonly color: boolean;
  /** Also what is rarely needed: passed checks, result sets, locks, digests. */
  readonly verbose: boolean;
  /** Columns of the terminal. */
  readonly width: number;
  /** As Markdown, for those that can be. */
  readonly markdown?: boolean;
}

/** The style with its colours, as the parts of a report take it. */
export interface Look extends RenderStyle {
  readonly paint: Palette;
}
