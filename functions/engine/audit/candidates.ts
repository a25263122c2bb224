import { type Candidate, familyNames, subjects } from "./families.ts";
import { type Finding, finding } from "./findings.ts";
import { grouped } from "./grouped.ts";
import { spelled } from "./object_kinds.ts";

/**
 * Groups of files that `consolidate` may make one of: each works on tables of one family alone, and on one table with
 * another of them, or on one that refers to another's. Files that work on tables of several families are in no group.
 */
export function findGroups(candidates: readonly Candidate[]): readonly Finding[] {
  const familyOf = familyNames(candidates);
  const families = new Map<string, Candidate[]>();
  for (const candidate of candidates) {
    const names = new Set(subjects(candidate).map(familyOf));
    const [family] = names;
    if (names.size !== 1 || family === undefined) continue;
    families.set(family, [...(families.get(family) ?? []), candidate]);
  }
  return [...families].flatMap(([family, members]) =>
    linked(members)
      .filter((group) => group.length > 1)
      .map((group) => groupFinding(family, group, candidates)),
  );
}

/** Members that name the same table of the family, directly or by way of others, in order. */
function linked(members: readonly Candidate[]): readonly (readonly Candidate[])[] {
  const own = new Set(members.flatMap((one) => subjects(one).map(spelled)));
  const first = new Map<string, number>();
  const parents = members.map((_, i) => i);
  const rootOf = (at: number): number => {
    let root = at;
    while (parents[root] !== undefined && parents[root] !== root) root = parents[root] ?? root;
    return root;
  };
  members.forEach((member, i) => {
    for (const name of [...subjects(member), ...member.facts.refers].map(spelled)) {
      if (!own.has(name)) continue;
      const other = first.get(name);
      if (other === undefined) first.set(name, i);
      else parents[Math.max(rootOf(i), rootOf(other))] = Math.min(rootOf(i), rootOf(other));
    }
  });
  return [...grouped(members, (_, i) => rootOf(i)).values()];
}

function groupFinding(family: string, group: readonly Candidate[], all: readonly Candidate[]): Finding {
  const tables = [...new Set(group.flatMap((one) => subjects(one).map(spelled)))];
  const places = group.map((one) => all.indexOf(one));
  const between = (places.at(-1) ?? 0) - (places[0] ?? 0) + 1 - group.length;
  const versions = group.map(({ version }) => version);
  const list = between === 0 && group.length > 2 ? `${versions[0]}..${versions.at(-1)}` : versions.join(",");
  const said =
    between === 0
      ? ""
      : `; ${between === 1 ? "a file that is not of it stands" : `${between} files that are not of it stand`} between them`;
  const message = `${group.length} files work on ${tables.join(", ")} alone${said}.`;
  const [first, ...related] = group.map(({ path }) => path);
  return finding("consolidate", message, {
    file: first ?? null,
    related,
    remedy: `\`paws-migrate consolidate DIR --versions ${list} --name ${nameOf(family)}\``,
  });
}

const nameOf = (family: string): string =>
  `${family.slice(family.lastIndexOf(".") + 1).replace(/[^\p{L}\p{N}_]/gu, "_")}_tables`;
