const SPACE = 0;
const NAME = 1;
const DIGIT = 2;
const OTHER = 3;

/** What an ASCII character begins: 0 nothing (a space), 1 a name, 2 a number, 3 anything else. */
export const begins: Uint8Array = new Uint8Array(128).fill(OTHER);

/** 1 where an ASCII character goes on with a name. From 128 on all do, also no-break spaces and curly quotes. */
export const continues_name: Uint8Array = new Uint8Array(128);

for (const space of " \t\n\r\f\v") begins[space.charCodeAt(0)] = SPACE;
for (const letter of "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")
  begins[letter.charCodeAt(0)] = NAME;
for (const digit of "0123456789") begins[digit.charCodeAt(0)] = DIGIT;
for (let code = 0; code < 128; code++) {
  continues_name[code] = begins[code] === NAME || begins[code] === DIGIT || code === 36 ? 1 : 0;
}
