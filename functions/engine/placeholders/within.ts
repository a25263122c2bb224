import { lex } from "../sql/lex.ts";
import type { Quoted } from "../sql/lexed.ts";
import { dollarTag } from "../sql/quoted_text.ts";

/** What a place of a text stands in. `tags`: of the dollar quotes around it, the outermost first. */
export interface Within {
  readonly kind: "code" | "passed-over" | Exclude<Quoted["kind"], "dollar-quote">;
  readonly tags: readonly string[];
}

interface Region extends Within {
  readonly start: number;
  readonly end: number;
}

const CODE: Within = { kind: "code", tags: [] };

/** The places are asked for in order. The text of a dollar quote is read as SQL, as that of most functions is. */
export function surroundings(text: string): (offset: number) => Within {
  const regions = text.includes("${") ? regionsOf(text, 0, []) : [];
  let next = 0;
  return (offset) => {
    while ((regions[next]?.end ?? Number.POSITIVE_INFINITY) <= offset) next++;
    const region = regions[next];
    return region !== undefined && region.start <= offset ? region : CODE;
  };
}

/** In order, and none within another. */
function regionsOf(text: string, shift: number, tags: readonly string[]): readonly Region[] {
  const { comments, copy_rows, quoted } = lex(text, "with-quotes");
  const placed = (start: number, end: number, kind: Within["kind"]): Region => ({
    start: start + shift,
    end: end + shift,
    kind,
    tags,
  });
  return [
    ...[...comments, ...copy_rows].map(({ start, end }) => placed(start, end, "passed-over")),
    ...quoted.flatMap(({ kind, start, end }) =>
      kind === "dollar-quote" ? withinDollars(text, start, end, shift, tags) : placed(start, end, kind),
    ),
  ].toSorted((a, b) => a.start - b.start);
}

function withinDollars(
  text: string,
  start: number,
  end: number,
  shift: number,
  around: readonly string[],
): readonly Region[] {
  const tag = dollarTag(text, start) ?? "";
  const tags = [...around, tag];
  const [from, to] = [start + tag.length, end - tag.length];
  const body = text.slice(from, to);
  if (!body.includes("${")) return [{ start: start + shift, end: end + shift, kind: "code", tags }];
  const inner = regionsOf(body, from + shift, tags);
  const regions: Region[] = [];
  let at = from;
  for (const region of inner) {
    if (region.start - shift > at) regions.push({ start: at + shift, end: region.start, kind: "code", tags });
    regions.push(region);
    at = region.end - shift;
  }
  if (at < to) regions.push({ start: at + shift, end: to + shift, kind: "code", tags });
  return regions;
}
