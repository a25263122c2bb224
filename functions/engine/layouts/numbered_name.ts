/** `<digits>_<rest>` at the head of a name without its ending. */
export interface NumberedName {
  readonly digits: string;
  readonly rest: string;
}

/** Takes such a name apart; null where it has no digits in front or nothing between them and `_`. */
export function numberedName(stem: string): NumberedName | null {
  const [, digits, rest] = /^(\d+)_(.*)$/s.exec(stem) ?? [];
  return digits === undefined || rest === undefined ? null : { digits, rest };
}

/** As a number is spelled. */
export const withoutZeros = (digits: string): string => digits.replace(/^0+(?=\d)/, "");
