/** How messages name a migration: `005_add_rooms`, and a repeatable one, which has no label, `R__room_views`. */
export const stepName = ({ label, name }: { readonly label: string; readonly name: string }): string =>
  label === "" ? `R__${name}` : `${label}_${name}`;
