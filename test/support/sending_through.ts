import type { Session, World } from "#engine/seam.ts";

/** A world whose sessions send by what `through` makes of them. */
export const sendingThrough = <Of extends World>(
  world: Of,
  through: (session: Session) => Session["send"],
): Of => ({
  ...world,
  connect: async (run_id): Promise<Session> => {
    const session = await world.connect(run_id);
    return { ...session, send: through(session) };
  },
});
