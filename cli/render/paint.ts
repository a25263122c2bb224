/** Puts a colour around a text; without colour, gives it back. */
export type Paint = (text: string) => string;

export interface Palette {
  readonly good: Paint;
  readonly bad: Paint;
  readonly careful: Paint;
  readonly faint: Paint;
  readonly strong: Paint;
}

const around =
  (code: number): Paint =>
  (text) =>
    text === "" ? "" : `\u001b[${code}m${text}\u001b[0m`;
const plain: Paint = (text) => text;

const COLOURED: Palette = {
  good: around(32),
  bad: around(31),
  careful: around(33),
  faint: around(2),
  strong: around(1),
};
const PLAIN: Palette = { good: plain, bad: plain, careful: plain, faint: plain, strong: plain };

/** The sixteen colours' own names for what is good, bad, doubtful: a terminal's theme decides their look. */
export const palette = (color: boolean): Palette => (color ? COLOURED : PLAIN);
