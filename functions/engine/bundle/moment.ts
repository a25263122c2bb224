/** A moment of the calendar in UTC as versions spell it: YYYYMMDDHHMMSS. */

/** The moment of a date, without its fraction of a second. */
export const momentOf = (date: Date): string => date.toISOString().slice(0, 19).replace(/\D/g, "");

/** The date of a moment, or null where the calendar has none such: 30 February, 24 o'clock. */
export function dateOf(moment: string): Date | null {
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(moment);
  if (parts === null) return null;
  const [, year, month, day, hour, minute, second] = parts;
  const date = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  // Date carries what overflows, so only a real date comes back as it went in.
  return !Number.isNaN(date.getTime()) && momentOf(date) === moment ? date : null;
}
