import { parseAst } from "vitest/node";

interface Source {
  readonly path: string;
  readonly source: string;
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly [key: string]: unknown;
}

/** Every module that a file imports, exports from, or loads, types included. */
export function importsOf(file: Source): { readonly from: string; readonly line: number }[] {
  return nodesOf(file).flatMap((node) => {
    const from = literal(node.source) ?? (node.type === "TSImportType" ? literal(node.argument) : null);
    return from === null ? [] : [{ from, line: lineOf(file, node) }];
  });
}

/** What reaches the world without an import: the clock, chance, the process, the terminal, the network. */
const WORLD = new Set([
  "process",
  "console",
  "performance",
  "globalThis",
  "setTimeout",
  "setInterval",
  "setImmediate",
  "fetch",
  "require",
  "Date()",
  "Date.now",
  "Math.random",
  "crypto",
]);

/** Where a file uses one of those. */
export function usesOf(file: Source): { readonly name: string; readonly line: number }[] {
  return nodesOf(file).flatMap((node) => {
    const name = usedName(node);
    return name !== null && WORLD.has(name) ? [{ name, line: lineOf(file, node) }] : [];
  });
}

function usedName(node: Node): string | null {
  if (node.type === "MemberExpression") {
    const object = identifier(node.object);
    const whole = `${object}.${identifier(node.property)}`;
    return WORLD.has(whole) ? whole : object;
  }
  const arguments_ = node.arguments;
  const callee = identifier(node.callee);
  if (node.type === "NewExpression" || node.type === "CallExpression") {
    // `new Date(number)` computes; without an argument, and as a plain call, it looks at the clock.
    const looks = node.type === "CallExpression" || (Array.isArray(arguments_) && arguments_.length === 0);
    return callee === "Date" && looks ? "Date()" : callee;
  }
  // Handed on as a value: `const later = setTimeout`.
  if (node.type === "VariableDeclarator") return identifier(node.init);
  return null;
}

function nodesOf(file: Source): Node[] {
  const found: Node[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) {
      for (const item of value) visit(item);
    } else if (isNode(value)) {
      found.push(value);
      for (const child of Object.values(value)) visit(child);
    }
  };
  visit(parseAst(file.source, { lang: "ts" }));
  return found;
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}

function identifier(value: unknown): string | null {
  return isNode(value) && value.type === "Identifier" ? String(value.name) : null;
}

function literal(value: unknown): string | null {
  if (!isNode(value)) return null;
  if (value.type === "TSLiteralType") return literal(value.literal);
  return value.type === "Literal" && typeof value.value === "string" ? value.value : null;
}

const lineOf = (file: Source, node: Node): number => file.source.slice(0, node.start).split("\n").length;
